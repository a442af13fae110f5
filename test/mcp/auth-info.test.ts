import { createHash } from 'node:crypto'
import { getAccessToken } from '@bearward/mcp'
import * as onExpress from '@bearward/mcp/express'
import * as onFastify from '@bearward/mcp/fastify'
import * as onFetch from '@bearward/mcp'
import * as onHono from '@bearward/mcp/hono'
import * as onKoa from '@bearward/mcp/koa'
import { describe, expect, it } from 'vitest'
import { introspectionServer } from '../support/introspection-server.ts'
import { closing } from '../support/closing.ts'
import { noteSecret } from '../support/secrets.ts'
import { ALL, clock, issuer, RESOURCE, TOKENS, tokenWith } from './fixture.ts'
import { LIST, PURGE } from './messages.ts'
import { MCP_FRAMEWORKS } from './servers.ts'
import { start } from './start.ts'

const hash = (text: string) => createHash('sha256').update(text).digest('base64url')

/** Returns all texts that can be reached from a value, including members that are not enumerable. */
function findTexts(value: unknown, known = new Set<unknown>()): readonly string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null || known.has(value)) return []
  known.add(value)
  return Reflect.ownKeys(value).flatMap((name) =>
    findTexts((value as Record<PropertyKey, unknown>)[name], known),
  )
}

/** Options of an API with opaque tokens. */
const introspectedBy = (url: string, more: object = {}) => ({
  jwks: undefined,
  issuer: url,
  tokenFormat: 'opaque' as const,
  introspection: {
    endpoint: `${url}/introspect`,
    clientId: 'notes',
    clientAuthentication: { method: 'client_secret_basic', secret: 'a-secret-of-notes' } as const,
    ...more,
  },
})

describe.each(MCP_FRAMEWORKS)('authInfo of the guard for $name', (framework) => {
  it('MCP-11, MCP-32: authInfo contains the hash of the token, and the token cannot be reached from it', async () => {
    const server = await start(framework)
    expect((await server.send({ token: TOKENS.admin, body: PURGE })).status).toBe(200)
    const { authInfo } = server.seen[0]!
    expect(authInfo).toEqual({
      token: hash(TOKENS.admin),
      clientId: 'reports-cron',
      scopes: ['notes:read', 'notes:admin'],
      expiresAt: clock.seconds() + 300,
      resource: new URL(RESOURCE),
      extra: {
        issuer: issuer.issuer,
        subject: getAccessToken(authInfo).subject,
        claims: getAccessToken(authInfo).claims,
      },
    })
    const [, payload, signature] = TOKENS.admin.split('.') as [string, string, string]
    for (const value of [authInfo, getAccessToken(authInfo)]) {
      const texts = [...findTexts(value), JSON.stringify(value)].join('\n')
      expect(texts).not.toContain(payload)
      expect(texts).not.toContain(signature)
    }
  })

  it('MCP-32: authInfo contains the token if exposeToken is true', async () => {
    const server = await start(framework, { guard: { exposeToken: true } })
    expect((await server.send({ token: TOKENS.admin, body: PURGE })).status).toBe(200)
    expect(server.seen[0]!.authInfo?.token).toBe(TOKENS.admin)
  })

  it('authInfo has an expiresAt from introspection.maxAge for an opaque token without exp', async () => {
    const token = 'an-opaque-token-of-a-client'
    noteSecret(token)
    const answer = { active: true, aud: RESOURCE, scope: ALL, sub: 'service-one', client_id: 'one' }
    const issuing = closing(await introspectionServer(answer))
    const bearward = introspectedBy(issuing.url, { maxAge: 30 })
    const server = await start(framework, { bearward })
    expect((await server.send({ token, body: PURGE })).status).toBe(200)
    expect(server.seen[0]!.authInfo?.expiresAt).toBe(clock.seconds() + 30)
    issuing.answer({ ...answer, exp: clock.seconds() + 7 })
    const other = `${token}-with-exp`
    noteSecret(other)
    expect((await server.send({ token: other, body: PURGE })).status).toBe(200)
    expect(server.seen[1]!.authInfo?.expiresAt).toBe(clock.seconds() + 7)
  })

  it('authInfo has an expiresAt in the future for an opaque token without exp if introspection.maxAge is 0', async () => {
    const token = 'an-opaque-token-without-cache'
    noteSecret(token)
    const answer = { active: true, aud: RESOURCE, scope: ALL, sub: 'service-one', client_id: 'one' }
    const issuing = closing(await introspectionServer(answer))
    const server = await start(framework, { bearward: introspectedBy(issuing.url, { maxAge: 0 }) })
    expect((await server.send({ token, body: PURGE })).status).toBe(200)
    expect(server.seen[0]!.authInfo?.expiresAt).toBe(clock.seconds() + 1)
  })

  it('authInfo has an empty clientId for a token that names no client', async () => {
    const server = await start(framework, { bearward: { machineSubject: 'absent' } })
    const token = tokenWith(ALL, { claims: { client_id: undefined } })
    expect((await server.send({ token, body: LIST })).status).toBe(200)
    expect(server.seen[0]!.authInfo?.clientId).toBe('')
  })
})

describe('the exports of @bearward/mcp', () => {
  it.each([
    ['@bearward/mcp', onFetch, ['toReadableRequest']],
    ['@bearward/mcp/express', onExpress, []],
    ['@bearward/mcp/fastify', onFastify, []],
    ['@bearward/mcp/hono', onHono, ['toReadableRequest']],
    ['@bearward/mcp/koa', onKoa, []],
  ] as const)('MCP-11: %s exports no function that sends a token', (_name, module, more) => {
    expect(Object.keys(module).sort()).toEqual(['createMcpGuard', 'getAccessToken', ...more])
  })
})
