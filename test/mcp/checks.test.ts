import type { AccessToken } from '@bearward/core'
import type { McpGuardOptions } from '@bearward/mcp'
import { describe, expect, it, vi } from 'vitest'
import { watchProcess } from '../support/watch-process.ts'
import { ADMIN, FLOOR, TOKENS } from './fixture.ts'
import { call, LIST, PURGE } from './messages.ts'
import { MCP_FRAMEWORKS } from './servers.ts'
import { start } from './start.ts'

const processFaults = watchProcess()

/** Values that a `check` throws. Some of them let a request pass if they are given to `next` of a framework. */
const THROWN = [undefined, null, '', 0, false, 'route', 'router', new Error('from the check')]

/** Ways in which a `check` fails. */
const FAILING: readonly (readonly [what: string, check: () => never])[] = [
  ...THROWN.flatMap((thrown) => {
    const what = thrown instanceof Error ? 'an error' : (JSON.stringify(thrown) ?? 'undefined')
    return [
      [
        `throws ${what}`,
        () => {
          // oxlint-disable-next-line typescript/only-throw-error -- this is the mistake under test
          throw thrown
        },
      ] as const,
      [`rejects with ${what}`, () => Promise.reject(thrown) as never] as const,
    ]
  }),
  ['returns 1', () => 1 as never],
  ['returns a text', () => 'true' as never],
  ['returns an object', () => ({ granted: true }) as never],
  ['returns a promise of null', () => Promise.resolve(null) as never],
]

describe.each(MCP_FRAMEWORKS)('checks of the guard for $name', (framework) => {
  it.each(FAILING)(
    'the guard responds with 500 if check of the guard or of a tool %s',
    async (_what, check) => {
      for (const guard of [
        { check },
        { tools: { list: {}, purge: { check } } },
        { tools: { list: {}, purge: { scope: ADMIN, check } } },
      ] satisfies Partial<McpGuardOptions>[]) {
        const server = await start(framework, { guard })
        expect((await server.send({ body: PURGE, token: TOKENS.admin })).status).toBe(500)
        expect((await server.send({ body: [LIST, PURGE], token: TOKENS.admin })).status).toBe(500)
        expect(server.seen).toEqual([])
      }
      expect(await processFaults.faults()).toEqual([])
    },
  )

  it('the guard responds with 500 if check fails for a GET', async () => {
    const check = () => Promise.reject(new Error('late'))
    const server = await start(framework, { guard: { check } })
    expect((await server.send({ method: 'GET', token: TOKENS.admin })).status).toBe(500)
    expect(server.seen).toEqual([])
  })

  it.each([
    ['false', false],
    ['undefined', undefined],
  ])(
    'the guard responds with 403 and a challenge without an error if check returns %s',
    async (_what, result) => {
      for (const check of [() => result, async () => result]) {
        const tools = { list: {}, purge: { check: check as never } }
        const server = await start(framework, { guard: { tools } })
        for (const body of [PURGE, [LIST, PURGE], [PURGE, LIST]]) {
          const response = await server.send({ body, token: TOKENS.admin })
          expect(response.status).toBe(403)
          expect(response.challenge('error')).toBeUndefined()
        }
        expect((await server.send({ body: LIST, token: TOKENS.admin })).status).toBe(200)
        expect(server.seen).toHaveLength(1)
        expect(new Set(server.takeReasons())).toEqual(new Set(['check_failed']))
      }
    },
  )

  it('the guard calls check once for each request, with the token and the request of the framework', async () => {
    const check = vi.fn((_token: AccessToken, _request: unknown) => true)
    const server = await start(framework, { guard: { check } })
    await server.send({ body: PURGE, token: TOKENS.admin })
    await server.send({ body: [LIST, PURGE], token: TOKENS.admin })
    await server.send({ method: 'GET', token: TOKENS.admin })
    expect(check).toHaveBeenCalledTimes(3)
    for (const [token, request] of check.mock.calls) {
      expect(token.scopes).toEqual([FLOOR, ADMIN])
      expect(typeof request).toBe('object')
    }
  })

  it('the guard calls the check of each different tool of a batch once', async () => {
    const [first, second, third] = [vi.fn(() => true), vi.fn(() => true), vi.fn(() => false)]
    const tools = { a: { check: first }, b: { check: second }, c: { check: third } }
    const server = await start(framework, { guard: { tools } })
    const batch = [call('a'), call('b'), call('a'), call('b')]
    expect((await server.send({ body: batch, token: TOKENS.reader })).status).toBe(200)
    expect([first, second, third].map((check) => check.mock.calls.length)).toEqual([1, 1, 0])
    const refused = [call('a'), call('b'), call('c')]
    expect((await server.send({ body: refused, token: TOKENS.reader })).status).toBe(403)
    expect(third).toHaveBeenCalledTimes(1)
    expect(server.seen).toHaveLength(1)
  })

  it('the guard calls check of a tool only for a token that meets all other requirements', async () => {
    const check = vi.fn(() => true)
    const tools = { list: {}, purge: { scope: ADMIN, check } }
    const server = await start(framework, { guard: { tools } })
    expect((await server.send({ body: PURGE, token: TOKENS.reader })).status).toBe(403)
    expect((await server.send({ body: LIST, token: TOKENS.admin })).status).toBe(200)
    expect((await server.send({ body: PURGE })).status).toBe(401)
    expect(check).not.toHaveBeenCalled()
  })

  it('the guard calls check for an API key, with the token of the key', async () => {
    const check = vi.fn((_token: AccessToken) => true)
    const apiKeys = {
      header: 'X-Api-Key',
      verify: () => ({ clientId: 'one', scopes: [FLOOR, ADMIN] }),
    }
    const server = await start(framework, { guard: { check, apiKeys } })
    expect((await server.send({ body: PURGE, lines: ['X-Api-Key: a'] })).status).toBe(200)
    expect(check.mock.calls.map(([token]) => token.clientId)).toEqual(['one'])
    check.mockReturnValue(false)
    const response = await server.send({ body: PURGE, lines: ['X-Api-Key: a'] })
    expect(response.status).toBe(403)
    expect(response.challenge('resource_metadata')).toBeUndefined()
  })

  it('the guard applies the subject, the clients and the claims of a tool', async () => {
    const tools = {
      users: { subject: 'user' },
      machines: { subject: 'machine' },
      clients: { clients: ['another-client'] },
      claims: { claims: [{ claim: 'jti', equals: 'a-token' }] },
    } as const
    const server = await start(framework, { guard: { tools } })
    const statusOf = async (...names: readonly string[]) =>
      (await server.send({ body: names.map(call), token: TOKENS.reader })).status
    expect(await statusOf('machines', 'claims')).toBe(200)
    expect(await statusOf('users')).toBe(403)
    expect(await statusOf('clients')).toBe(403)
    // No token meets both requirements.
    expect(await statusOf('machines', 'users')).toBe(403)
    expect(server.takeReasons()).toEqual(['wrong_subject', 'wrong_client', 'wrong_subject'])
  })
})
