import { createBearward } from '@bearward/fetch'
import { createMcpGuard } from '@bearward/mcp'
import { describe, expect, it } from 'vitest'
import { closing } from '../support/closing.ts'
import { settled } from '../support/fake-clock.ts'
import { fc } from '../support/property.ts'
import { bearer } from '../support/requests.ts'
import type { Attack } from './attacks/attack.ts'
import { BATCH_ATTACKS } from './attacks/batches.ts'
import { BYTE_ATTACKS } from './attacks/bytes.ts'
import { HEADER_ATTACKS } from './attacks/headers.ts'
import { NAME_ATTACKS } from './attacks/names.ts'
import { SHAPE_ATTACKS } from './attacks/shapes.ts'
import { BEARWARD, RESOURCE, RULES, TOKENS } from './fixture.ts'
import { bodies, headerLines } from './random-requests.ts'
import { type Sent, toText } from './requests.ts'
import { type Executed, serveVersion1, serveVersion2 } from './sdk-servers.ts'

const CORPUS: readonly Attack[] = [
  ...HEADER_ATTACKS,
  ...BATCH_ATTACKS,
  ...NAME_ATTACKS,
  ...SHAPE_ATTACKS,
  ...BYTE_ATTACKS,
]

type Caller = keyof typeof TOKENS

const TABLES = { tool: RULES.tools, prompt: RULES.prompts, resource: RULES.resources }

/** Returns whether a caller may use an operation, by its registered name. `false` for an operation without a rule. */
function isAllowed({ kind, name }: Executed, caller: Caller): boolean {
  const rules: Readonly<Record<string, { readonly scope?: string }>> = TABLES[kind]
  const rule = Object.hasOwn(rules, name) ? rules[name] : undefined
  return rule !== undefined && (rule.scope === undefined || caller === 'admin')
}

/** Creates a request as a fetch handler gets it. */
function toRequest(
  { method = 'POST', lines = [], body, type = 'application/json' }: Sent,
  caller: Caller,
) {
  const headers = new Headers(bearer(TOKENS[caller]).headers)
  headers.set('accept', 'application/json, text/event-stream')
  if (type !== null) headers.set('content-type', type)
  for (const line of lines) {
    const colon = line.indexOf(':')
    headers.append(line.slice(0, colon), line.slice(colon + 1).trim())
  }
  const content = body instanceof Uint8Array ? Buffer.from(body) : toText(body ?? '')
  const hasBody = !['GET', 'HEAD'].includes(method) && body !== undefined
  return new Request(RESOURCE, { method, headers, ...(hasBody && { body: content }) })
}

/** Resolves after many turns of the event loop. By then, a server has executed a request. */
async function manyTurns(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await settled()
}

describe.each([
  ['version 1', serveVersion1],
  ['version 2', serveVersion2],
] as const)('a server of the SDK, %s, behind the guard', (_version, serve) => {
  const executed: Executed[] = []
  const mcp = () => {
    const bearward = closing(createBearward(BEARWARD))
    return createMcpGuard(bearward, RULES).protect(serve((one) => void executed.push(one)))
  }

  /** Returns the operations that the server has executed for a request. */
  async function play(
    handle: ReturnType<typeof mcp>,
    sent: Sent,
    caller: Caller,
  ): Promise<readonly Executed[]> {
    executed.length = 0
    // Some responses never end, because their event stream stays open.
    const ended = handle(toRequest(sent, caller)).then((response) => response.text())
    ended.catch(() => {})
    await Promise.race([ended, manyTurns()])
    await settled()
    return [...executed]
  }

  it('MCP-16, MCP-17, MCP-18, MCP-19, MCP-20, MCP-22: the server executes only operations that the rules allow, for every attack of the corpus', async () => {
    const handle = mcp()
    let count = 0
    for (const { what, sent } of CORPUS) {
      for (const caller of ['reader', 'admin'] as const) {
        const operations = await play(handle, sent, caller)
        expect(
          operations.filter((one) => !isAllowed(one, caller)),
          what,
        ).toEqual([])
        count += operations.filter(
          ({ name }) => !isAllowed({ kind: 'tool', name }, 'reader'),
        ).length
      }
    }
    // The server does execute operations of admins: these bodies would be attacks without the guard.
    expect(count).toBeGreaterThan(50)
  })

  it('MCP-17, MCP-18, MCP-20: the server executes only operations that the rules allow, for random bodies and headers', async () => {
    const handle = mcp()
    const requests = fc.record({
      body: bodies,
      lines: fc.oneof(fc.constant([]), headerLines),
      caller: fc.constantFrom('reader' as const, 'reader' as const, 'admin' as const),
    })
    let count = 0
    await fc.assert(
      fc.asyncProperty(requests, async ({ body, lines, caller }) => {
        const operations = await play(handle, { body, lines }, caller)
        expect(operations.filter((one) => !isAllowed(one, caller))).toEqual([])
        count += operations.length
      }),
      { numRuns: 1500 },
    )
    expect(count).toBeGreaterThan(20)
  })
})
