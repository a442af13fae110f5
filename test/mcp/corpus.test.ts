import type { McpGuardOptions } from '@bearward/mcp'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { watchProcess } from '../support/watch-process.ts'
import {
  type Attack,
  type Behavior,
  getBehavior,
  type Operation,
  toVerb,
} from './attacks/attack.ts'
import { BATCH_ATTACKS } from './attacks/batches.ts'
import { BODY_LIMIT, BYTE_ATTACKS } from './attacks/bytes.ts'
import { HEADER_ATTACKS } from './attacks/headers.ts'
import { NAME_ATTACKS } from './attacks/names.ts'
import { SHAPE_ATTACKS } from './attacks/shapes.ts'
import { ALL, BEARWARD, METADATA_URL, RULES, TOKENS } from './fixture.ts'
import { getId, type McpResponse, send } from './requests.ts'
import { type GuardedServer, MCP_FRAMEWORKS, type SeenCall } from './servers.ts'

const CORPUS: readonly (readonly [subject: string, attacks: readonly Attack[]])[] = [
  ['headers that differ from the body', HEADER_ATTACKS],
  ['batches', BATCH_ATTACKS],
  ['names of operations', NAME_ATTACKS],
  ['shapes of messages', SHAPE_ATTACKS],
  ['bytes and methods of HTTP', BYTE_ATTACKS],
]

type Caller = keyof typeof TOKENS
type Unlisted = 'refuse' | 'floor'

/** The expected result of one request. */
interface Expected {
  readonly status: number
  /** The code of an error of JSON-RPC. */
  readonly code?: number
  /** The scope that the challenge names. */
  readonly scope?: string
}

const PASSED: Expected = { status: 200 }
/** A refusal that another token cannot change: the challenge has no error. */
const FORBIDDEN: Expected = { status: 403 }
const INSUFFICIENT: Expected = { status: 403, scope: ALL }
const MISMATCH: Expected = { status: 400, code: -32_020 }
const MALFORMED: Expected = { status: 400, code: -32_700 }
const NOT_A_REQUEST: Expected = { status: 400, code: -32_600 }

/** Operations without a rule. Every caller may use them if `unlisted` is `'floor'`. */
const FREE: readonly Operation[] = ['unlisted', 'admin resource']

function expectOperation(operation: Operation, caller: Caller, unlisted: Unlisted): Expected {
  const isRefused = operation === 'unreadable' || operation.startsWith('unlisted')
  if (isRefused && unlisted === 'refuse') return FORBIDDEN
  const isForAll = operation === 'floor' || (unlisted === 'floor' && FREE.includes(operation))
  return isForAll || caller === 'admin' ? PASSED : INSUFFICIENT
}

function toExpected(behavior: Behavior, caller: Caller, unlisted: Unlisted): Expected {
  if (typeof behavior === 'number') return { status: behavior }
  if (behavior === 'mismatch') return MISMATCH
  if (behavior === 'malformed') return MALFORMED
  if (behavior === 'not a request') return NOT_A_REQUEST
  if (typeof behavior === 'string') return expectOperation(behavior, caller, unlisted)
  const expected = expectOperation(behavior.lateMismatch, caller, unlisted)
  return expected === PASSED ? MISMATCH : expected
}

/** Compares a response with the expected result. */
function check(response: McpResponse, expected: Expected, { method, body }: Attack['sent']): void {
  expect(response.status).toBe(expected.status)
  const { code } = expected
  if (method === 'HEAD') return
  if (code !== undefined) {
    const id = expected === MISMATCH ? getId(body) : null
    expect(response.json()).toMatchObject({ jsonrpc: '2.0', id, error: { code } })
  }
  if (response.status !== 403) return
  const isInsufficient = expected.scope !== undefined
  expect(response.challenge('error')).toBe(isInsufficient ? 'insufficient_scope' : undefined)
  expect(response.challenge('scope')).toBe(expected.scope)
  expect(response.challenge('resource_metadata')).toBe(METADATA_URL)
}

describe.each(MCP_FRAMEWORKS)('attacks on the guard for $name', (framework) => {
  const servers = new Map<Unlisted, GuardedServer>()
  const processFaults = watchProcess()
  let seen: SeenCall[] = []

  beforeAll(async () => {
    // A guard that lists resources refuses all other resources.
    const { resources: _resources, ...withoutResources } = RULES
    for (const unlisted of ['refuse', 'floor'] as const) {
      const rules: McpGuardOptions = unlisted === 'refuse' ? RULES : withoutResources
      const guard = { ...rules, unlisted, bodyLimit: BODY_LIMIT }
      const handle = (call: SeenCall) => ({ handled: seen.push(call) })
      servers.set(unlisted, await framework.start({ bearward: BEARWARD, guard, handle }))
    }
  })
  afterAll(() => Promise.all([...servers.values()].map((server) => server.close())))
  afterEach(() => void vi.restoreAllMocks())

  /** Sends an attack, and checks the response and the calls of the handler. */
  async function play(attack: Attack, caller: Caller, unlisted: Unlisted): Promise<void> {
    const behavior = getBehavior(attack, framework)
    const expected = toExpected(behavior, caller, unlisted)
    seen = []
    const parse = vi.spyOn(JSON, 'parse')
    const { port } = servers.get(unlisted)!
    const response = await send(port, { ...attack.sent, token: TOKENS[caller] })
    const { calls } = parse.mock
    const values = parse.mock.results.map(({ value }) => value as unknown)
    parse.mockRestore()
    check(response, expected, attack.sent)
    expect(seen).toHaveLength(expected === PASSED ? 1 : 0)
    if (expected !== PASSED) return
    const { parsedBody } = seen[0]!
    if (attack.isBodyIgnored === true) {
      expect(parsedBody).toBeUndefined()
      return
    }
    // The handler gets the result of the only call that has parsed this text.
    const at = values.findIndex((value) => Object.is(value, parsedBody))
    expect(at).not.toBe(-1)
    expect(calls.filter(([text]) => text === calls[at]![0])).toHaveLength(1)
  }

  describe.each(CORPUS)('%s', (_subject, attacks) => {
    const rows = attacks.map((attack) => {
      const verb = toVerb(getBehavior(attack, framework))
      return [attack.id, verb, attack.what, attack] as const
    })

    it.each(rows)('%s: the guard %s %s', async (_id, _verb, _what, attack) => {
      for (const unlisted of ['refuse', 'floor'] as const) {
        for (const caller of ['reader', 'admin'] as const) await play(attack, caller, unlisted)
      }
    })
  })

  it('MCP-20: the attacks of the corpus cause no uncaught error', async () => {
    expect(await processFaults.faults()).toEqual([])
  })
})
