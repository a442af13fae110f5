import { describe, expect, it } from 'vitest'
import { closing } from '../support/closing.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { introspectionServer } from '../support/introspection-server.ts'
import { generateKey } from '../support/keys.ts'
import { scriptedEndpoint } from '../support/scripted-endpoint.ts'
import { noteSecret } from '../support/secrets.ts'
import { ADMIN, ALL, clock, issuer, RESOURCE, TOKENS, tokenWith } from './fixture.ts'
import { LIST, PURGE } from './messages.ts'
import { MCP_FRAMEWORKS } from './servers.ts'
import { start } from './start.ts'

const newKey = generateKey('ES256', 'a-new-key')
const keys = issuer.keys.map(({ jwk }) => jwk)
const withNewKey = tokenWith(ALL, { key: newKey, header: { kid: newKey.kid } })
const SESSION = ['Mcp-Session-Id: a-session']

describe.each(MCP_FRAMEWORKS)(
  'an outage of the authorization server, with the guard for $name',
  (framework) => {
    it.each(['refuse', 'error', 'garbage', 'empty'] as const)(
      'MCP-31: the guard grants tokens of known keys, and responds with 503 to tokens of unknown keys, during the fault "%s"',
      async (behavior) => {
        const own = fakeClock(clock.seconds())
        const endpoint = scriptedEndpoint({ keys })
        const server = await start(framework, {
          bearward: { jwks: undefined, fetch: endpoint.fetch, clock: own },
        })
        const statusOf = async (token: string, body: unknown = PURGE) =>
          server.send({ token, body, lines: SESSION })
        expect((await statusOf(TOKENS.admin)).status).toBe(200)
        endpoint.behave(behavior)
        for (let second = 0; second < 5; second++) {
          await own.pass(1)
          expect((await statusOf(TOKENS.admin)).status).toBe(200)
          // A token without the scope still gets 403, so that the client requests another token.
          expect((await statusOf(TOKENS.reader)).status).toBe(403)
          const refused = await statusOf(withNewKey)
          expect(refused.status).toBe(503)
          expect(Number(refused.header('Retry-After'))).toBeGreaterThan(0)
          expect(refused.header('WWW-Authenticate')).toBeUndefined()
        }
        endpoint.behave({ keys: [...keys, newKey.jwk] })
        await own.pass(120)
        expect((await statusOf(withNewKey)).status).toBe(200)
        expect(server.seen).toHaveLength(7)
      },
    )

    it('MCP-31: the guard responds with 503 to every token if no keys were ever fetched', async () => {
      const endpoint = scriptedEndpoint('refuse')
      const server = await start(framework, {
        bearward: { jwks: undefined, fetch: endpoint.fetch, clock: fakeClock(clock.seconds()) },
        guard: { methods: { 'tools/list': 'anonymous' } },
      })
      for (const sent of [{ body: LIST }, { body: PURGE }, { method: 'GET' }]) {
        const response = await server.send({ ...sent, token: TOKENS.admin })
        expect(response.status).toBe(503)
        expect(response.header('Retry-After')).toMatch(/^\d+$/)
      }
      // Requests without a token do not need keys.
      expect((await server.send({ body: LIST })).status).toBe(401)
      expect((await server.send({ body: { method: 'tools/list' } })).status).toBe(200)
      expect(server.seen).toHaveLength(1)
    })

    it('MCP-31: the guard grants a known opaque token, and responds with 503 to a new one during an outage of introspection', async () => {
      const own = fakeClock(clock.seconds())
      const tokens = ['an-opaque-token-that-is-known', 'an-opaque-token-that-is-new']
      for (const token of tokens) noteSecret(token)
      const answer = {
        active: true,
        aud: RESOURCE,
        scope: ALL,
        sub: 'one',
        client_id: 'one',
        exp: clock.seconds() + 300,
      }
      const issuing = closing(await introspectionServer(answer))
      const server = await start(framework, {
        bearward: {
          jwks: undefined,
          issuer: issuing.url,
          tokenFormat: 'opaque',
          clock: own,
          introspection: {
            endpoint: `${issuing.url}/introspect`,
            clientId: 'notes',
            clientAuthentication: { method: 'client_secret_basic', secret: 'a-secret-of-notes' },
            maxAge: 60,
          },
        },
      })
      const send = (token: string) => server.send({ token, body: PURGE, lines: SESSION })
      expect((await send(tokens[0]!)).status).toBe(200)
      issuing.answer(500)
      expect((await send(tokens[0]!)).status).toBe(200)
      const refused = await send(tokens[1]!)
      expect(refused.status).toBe(503)
      expect(refused.header('Retry-After')).toMatch(/^\d+$/)
      expect(refused.header('WWW-Authenticate')).toBeUndefined()
      expect(server.seen).toHaveLength(2)
    })

    it('MCP-31: the guard grants an API key while no token can be verified', async () => {
      const endpoint = scriptedEndpoint('refuse')
      const server = await start(framework, {
        bearward: { jwks: undefined, fetch: endpoint.fetch, clock: fakeClock(clock.seconds()) },
        guard: {
          apiKeys: { header: 'X-Api-Key', verify: () => ({ scopes: ['notes:read', ADMIN] }) },
        },
      })
      expect((await server.send({ body: PURGE, lines: ['X-Api-Key: a'] })).status).toBe(200)
      expect((await server.send({ body: PURGE, token: TOKENS.admin })).status).toBe(503)
    })
  },
)
