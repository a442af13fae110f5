import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { closing } from '../support/closing.ts'
import {
  type Conformance,
  countChecks,
  findFailed,
  runConformance,
  VERSION,
} from './conformance.ts'
import { startGuardedServer } from './guarded-server.ts'
import { recordOperations } from './record-operations.ts'
import { startConformanceServer } from './server/conformance-server.ts'

/** Scenarios of the extension `io.modelcontextprotocol/tasks`, which the server does not implement. The suite does not require them. */
const TASKS = [
  'tasks-capability-negotiation',
  'tasks-dispatch-and-envelope',
  'tasks-lifecycle',
  'tasks-mrtr-composition',
  'tasks-mrtr-input',
  'tasks-request-headers',
  'tasks-request-state-removal',
  'tasks-required-task-error',
  'tasks-wire-fields',
]

let unguarded: Conformance
const lines: string[] = []

/** Adds a line to the summary. */
function summarize(title: string, run: Conformance): void {
  const all = Object.keys(run.scenarios).length
  const scenarios = `${all - findFailed(run).length} of ${all} scenarios`
  const checks = `${countChecks(run, 'SUCCESS')} checks passed, ${countChecks(run, 'FAILURE')} failed`
  lines.push(`${title.padEnd(34)} ${scenarios}, ${checks}`)
}

/** Expects each check to have the same result as without the guard. */
function expectSameResults(guarded: Conformance): void {
  const added = guarded.messages.filter((message) => !unguarded.messages.includes(message))
  expect(guarded.scenarios, added.join('\n')).toEqual(unguarded.scenarios)
  expect(guarded.exitCode).toBe(0)
}

beforeAll(async () => {
  const server = await startConformanceServer()
  unguarded = await runConformance(server.address)
  await server.close()
  summarize('without the guard', unguarded)
})
afterAll(() => {
  const heading = `\nConformance suite, ${VERSION}. ${TASKS.length} scenarios are of an extension that the server does not have:`
  process.stdout.write(`${[heading, ...lines].join('\n')}\n`)
})

describe('the conformance suite', () => {
  it('the conformance suite passes all required scenarios without the guard', () => {
    expect(findFailed(unguarded)).toEqual(TASKS)
    expect(unguarded.exitCode).toBe(0)
    expect(Object.keys(unguarded.scenarios)).toHaveLength(50)
    expect(countChecks(unguarded, 'SUCCESS')).toBeGreaterThan(150)
  })

  it('the conformance suite has the same result for each check through a guard with one scope', async () => {
    const server = closing(await startGuardedServer({}))
    const guarded = await runConformance(server.proxy)
    summarize('through a guard with one scope', guarded)
    expectSameResults(guarded)
  })

  it('the conformance suite has the same result for each check through a guard that lists every operation', async () => {
    const { operations, record } = recordOperations()
    const open = closing(await startGuardedServer({ unlisted: 'floor' }, record))
    await runConformance(open.proxy)
    expect(Object.keys(operations.tools).length).toBeGreaterThan(20)
    const server = closing(await startGuardedServer({ ...operations, unlisted: 'refuse' }))
    const guarded = await runConformance(server.proxy)
    summarize('through a guard that lists all', guarded)
    expectSameResults(guarded)
  })

  it('the conformance suite reports more than 100 failed checks without a token', async () => {
    const server = closing(await startGuardedServer({}))
    const refused = await runConformance(server.address)
    summarize('without a token', refused)
    expect(refused.exitCode).toBe(1)
    expect(countChecks(refused, 'FAILURE')).toBeGreaterThan(100)
  })
})
