/**
 * Reads each event and its log line. Fails the test file if one of them contains a token, a secret or a subject.
 * Runs for all test files.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { BearwardEvent } from '@bearward/core'
import { afterAll, expect } from 'vitest'
import { ADVISOR } from '../../packages/core/src/advice/advisor.ts'
import { toLogLine } from '../../packages/core/src/log/log-line.ts'
import { findSecrets } from './secrets.ts'

const JWT = /eyJ[\w-]{10,}\.[\w-]*/

const leaks: string[] = []

/**
 * Searches an event for secrets. Call this function for an event of another process. Such an event does not reach the channel of
 * this process.
 */
export function checkEvent(event: BearwardEvent): void {
  const line = toLogLine(event, ADVISOR)?.text ?? ''
  const text = `${JSON.stringify(event)}\n${line}`
  const found = JWT.test(text) ? [...findSecrets(text), 'a JWT'] : findSecrets(text)
  if (found.length > 0 && leaks.length < 10) leaks.push(`${found.join(', ')} in ${text}`)
}

function onEvent(event: unknown): void {
  checkEvent(event as BearwardEvent)
}

subscribe('bearward', onEvent)

afterAll(() => {
  unsubscribe('bearward', onEvent)
  expect(leaks, 'events and log lines with a token, a secret or a subject').toEqual([])
})

/** Calls a function without reading its events. */
export function withoutWatching(call: () => void): void {
  unsubscribe('bearward', onEvent)
  call()
  subscribe('bearward', onEvent)
}
