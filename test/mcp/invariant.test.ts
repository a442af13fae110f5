import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fc } from '../support/property.ts'
import { BEARWARD, RULES, TOKENS } from './fixture.ts'
import { mayReach } from './model.ts'
import { bodies, headerLines } from './random-requests.ts'
import { send } from './requests.ts'
import { type GuardedServer, MCP_FRAMEWORKS, type SeenCall } from './servers.ts'

const SCOPES = { reader: ['notes:read'], admin: ['notes:read', 'notes:admin'] } as const

const named = { tool: RULES.tools, prompt: RULES.prompts }
/** The rules of the two servers. A guard that lists resources refuses all other resources. */
const TABLES = { refuse: { ...named, resource: RULES.resources }, floor: named } as const

const requests = fc.record({
  body: bodies,
  // Most requests have no headers, because most random headers contradict the body.
  lines: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 2, arbitrary: headerLines }),
  caller: fc.constantFrom('reader', 'reader', 'admin', undefined),
  unlisted: fc.constantFrom('refuse' as const, 'floor' as const),
  isChunked: fc.boolean(),
})

describe.each(MCP_FRAMEWORKS)('random requests to the guard for $name', (framework) => {
  const servers = new Map<'refuse' | 'floor', GuardedServer>()
  let seen: SeenCall[] = []

  beforeAll(async () => {
    const { resources: _resources, ...withoutResources } = RULES
    const handle = (call: SeenCall) => ({ handled: seen.push(call) })
    for (const [unlisted, rules] of [
      ['refuse', RULES],
      ['floor', withoutResources],
    ] as const) {
      const guard = { ...rules, unlisted }
      servers.set(unlisted, await framework.start({ bearward: BEARWARD, guard, handle }))
    }
  })
  afterAll(() => Promise.all([...servers.values()].map((server) => server.close())))

  it('MCP-17, MCP-18, MCP-20: a random body reaches the handler only if the caller may use all its operations', async () => {
    const counts = { passed: 0, refused: 0 }
    await fc.assert(
      fc.asyncProperty(requests, async ({ body, lines, caller, unlisted, isChunked }) => {
        seen = []
        const token = caller && TOKENS[caller]
        const sent = { body, lines, token, isChunked }
        const { status } = await send(servers.get(unlisted)!.port, sent)
        expect(seen).toHaveLength(status === 200 ? 1 : 0)
        counts[status === 200 ? 'passed' : 'refused']++
        if (status !== 200) {
          expect([400, 401, 403]).toContain(status)
          return
        }
        const { parsedBody, authInfo } = seen[0]!
        expect(parsedBody).toEqual(JSON.parse(body))
        expect(authInfo?.scopes).toEqual(SCOPES[caller!])
        const scopes = SCOPES[caller!]
        expect(mayReach(parsedBody, scopes, TABLES[unlisted], unlisted === 'floor')).toBe(true)
      }),
      { numRuns: 400 },
    )
    // Both outcomes must be frequent, so that the test can find a mistake.
    expect(Math.min(counts.passed, counts.refused)).toBeGreaterThan(25)
  })
})
