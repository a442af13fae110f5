import { KeyObject } from 'node:crypto'
import type { BearwardEvent, ResourceServerOptions } from '@bearward/core'
import type { Mount, Route } from '../frameworks/framework.ts'
import { checkEvent } from '../support/watch-events.ts'
import type { Control } from './control.ts'
import { encode, type Encoded } from './encoding.ts'
import { findName } from './named-functions.ts'
import { MemoryReplayStore } from '../../packages/core/src/binding/memory-replay-store.ts'

type AnyFunction = (...args: readonly unknown[]) => unknown

/** Names of the functions in options that may return a promise. */
const ASYNCHRONOUS = ['check', 'resolve', 'revoked']

/**
 * Encodes a mount for another process. Functions are sent by name, or are registered so that the other process can call them. A
 * clock is sent as its time, so it must stand still. The other process creates its own `memoryReplay`.
 *
 * @throws {TypeError} if a function can neither be named nor be called from another process
 */
export function encodeMount({ options, routes, before }: Mount, control: Control): Encoded {
  return encode({ options, routes, before }, 'mount', (value, path) => {
    const name = path.slice(path.lastIndexOf('.') + 1)
    if (name === 'clock') return encodeClock(value)
    if (value instanceof KeyObject) return encode(exportKey(value), path)
    const known = findName(value)
    if (known !== undefined) return ['named', known]
    // The other process creates its own store, with the clock of the API.
    if (value instanceof MemoryReplayStore)
      return ['memoryReplay', encodeClock(options.clock) ?? null]
    return typeof value === 'function'
      ? encodeFunction(value as AnyFunction, name, path, control)
      : undefined
  })
}

function encodeFunction(value: AnyFunction, name: string, path: string, control: Control): Encoded {
  if (name === 'onEvent') return ['listener', control.register(toListener(value))]
  if (name === 'handle') return ['handler', control.register(toHandler(value as Route['handle']))]
  // The other process sends the first argument only.
  if (ASYNCHRONOUS.includes(name) && value.length <= 1) return ['callback', control.register(value)]
  throw new TypeError(
    `${path} is a function that another process cannot call. Add it to named-functions.ts.`,
  )
}

/**
 * Returns a listener for events of another process. These events are not published on the channel of this process, so the listener
 * searches them for secrets.
 */
function toListener(listener: AnyFunction): AnyFunction {
  return (event) => {
    checkEvent(event as BearwardEvent)
    listener(event)
  }
}

/** Returns a function that calls a handler with the parts of a body that another process has read. */
function toHandler(handle: Route['handle']): AnyFunction {
  return (token, chunks, inspection) => {
    const body = (async function* () {
      yield* chunks as readonly Uint8Array[]
    })()
    const [verified, inspected] = [token, inspection] as [Token, Inspected]
    return handle(verified, body, inspected)
  }
}

type Token = Parameters<Route['handle']>[0]
type Inspected = Parameters<Route['handle']>[2]

function encodeClock(value: unknown): Encoded | undefined {
  const clock = value as Exclude<ResourceServerOptions['clock'], undefined | (() => number)>
  return value === undefined ? undefined : ['clock', clock.now(), clock.monotonic!()]
}

/** Exports a secret as bytes, and another key as a JWK. Other runtimes do not have the keys of Node. */
function exportKey(key: KeyObject): unknown {
  return key.type === 'secret' ? new Uint8Array(key.export()) : key.export({ format: 'jwk' })
}
