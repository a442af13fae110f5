import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { CASE_NAMES, CASES, createMessage, createTools, listScopes } from '../src/mcp/cases.ts'
import type { CallerSetup } from '../src/mcp/caller.ts'
import { createClient } from '../src/mcp/client.ts'
import { MCP_CONTESTANTS, MCP_GUARD, TOKEN_GUARD } from '../src/mcp/contestants.ts'
import type { Cost } from '../src/micro/cost.ts'
import { startProgram } from '../src/processes.ts'

const CONTESTANTS = Object.keys(MCP_CONTESTANTS)

interface Call {
  readonly params: { readonly name: string }
}

describe.each(CASE_NAMES)('requests with %s', (name) => {
  const { calls, scopes } = CASES[name]

  // The guards log each refusal.
  beforeEach(() => void vi.spyOn(console, 'info').mockReturnValue())
  afterEach(() => vi.restoreAllMocks())

  /** Sends three requests, so that the last one has a cached token. Returns whether the server executed each of them. */
  async function sendRequests(contestant: string, claims: Readonly<Record<string, unknown>> = {}) {
    const send = await createClient(await MCP_CONTESTANTS[contestant]!(), CASES[name], claims)
    return [await send(0), await send(0), await send(0)]
  }

  it.each(CONTESTANTS)(
    `"%s" executes requests with ${name}, and refuses expired tokens`,
    async (contestant) => {
      expect(await sendRequests(contestant)).toEqual([true, true, true])
      const expired = { exp: 1_700_000_000 }
      expect(await sendRequests(contestant, expired)).toEqual([false, false, false])
    },
  )

  it(`the MCP guard refuses a request with ${name} if the token lacks one scope, and a server whose guard does not read the body executes the request`, async () => {
    // One call needs the first scope, and a batch needs all scopes.
    const all = listScopes(scopes).split(' ')
    const scope = all.filter((_, index) => index !== 1).join(' ')
    expect(await sendRequests(MCP_GUARD, { scope })).toEqual([false, false, false])
    expect(await sendRequests(TOKEN_GUARD, { scope })).toEqual([true, true, true])
  })

  it(`the body with ${name} does not call a tool twice, and all 1,000 tools together require ${scopes} scopes`, () => {
    const tools = createTools(scopes)
    expect(Object.keys(tools)).toHaveLength(1000)
    expect(new Set(Object.values(tools).map(({ scope }) => scope)).size).toBe(scopes)
    const body = JSON.parse(new TextDecoder().decode(createMessage(calls).body)) as Call | Call[]
    const called = new Set([body].flat().map(({ params }) => params.name))
    expect(called.size).toBe(calls)
    const needed = new Set([...called].map((tool) => tools[tool]?.scope))
    expect(needed.size).toBe(Math.min(calls, scopes))
    expect(needed).not.toContain(undefined)
  })
})

describe('caller program', () => {
  const PROGRAM = new URL('../dist/mcp/caller.js', import.meta.url).href
  const size = { warmUp: 4, round: 3, rounds: 1 }

  it.each(CONTESTANTS)('the caller program measures rounds of "%s"', async (contestant) => {
    const setup: CallerSetup = { contestant, name: '100 calls, 20 scopes', size }
    const program = await startProgram(PROGRAM, setup)
    expect(program.ready).toBe('ready')
    for (let round = 0; round < 2; round++) {
      const { cpu, wall } = await program.request<Cost>({ type: 'measure round' })
      expect(cpu).toBeGreaterThan(0)
      expect(wall).toBeGreaterThan(0)
    }
    await program.end()
  })
})
