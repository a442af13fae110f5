import { describe, expect, it } from 'vitest'
import { ALL, RESOURCE, tokenWith } from './fixture.ts'
import { PURGE } from './messages.ts'
import { MCP_FRAMEWORKS } from './servers.ts'
import { start } from './start.ts'

const ROOT = 'https://notes.example.com'

describe.each(MCP_FRAMEWORKS)('tokens at the guard for $name', (framework) => {
  it.each([
    [200, 'the address of the resource', RESOURCE, RESOURCE],
    [200, 'another case of scheme and host', RESOURCE, 'HTTPS://NOTES.EXAMPLE.COM/mcp'],
    [200, 'a list that contains the resource', RESOURCE, ['https://other.example.com', RESOURCE]],
    [401, 'a slash after the path', RESOURCE, `${RESOURCE}/`],
    [401, 'another case of the path', RESOURCE, `${ROOT}/MCP`],
    [401, 'the host only', RESOURCE, ROOT],
    [401, 'a longer path', RESOURCE, `${RESOURCE}/purge`],
    [401, 'another resource', RESOURCE, 'https://other.example.com/mcp'],
    [401, 'no audience', RESOURCE, undefined],
    [200, 'a root resource', ROOT, ROOT],
    [200, 'a root resource with a slash', ROOT, `${ROOT}/`],
    [401, 'a path below a root resource', ROOT, RESOURCE],
  ])(
    'MCP-05, MCP-13, MCP-26: the guard responds with %i to a token whose audience is %s',
    async (status, _what, resource, aud) => {
      const server = await start(framework, { bearward: { resource } })
      const token = tokenWith(ALL, { claims: { aud } })
      expect((await server.send({ body: PURGE, token })).status).toBe(status)
      expect(server.seen).toHaveLength(status === 200 ? 1 : 0)
    },
  )

  it.each(['oauth-id-jag+jwt', 'JWT+id', 'dpop+jwt', 'secevent+jwt', 'logout+jwt'])(
    'MCP-15: the guard refuses a JWT with the typ %s as an access token',
    async (typ) => {
      const server = await start(framework)
      const response = await server.send({
        body: PURGE,
        token: tokenWith(ALL, { header: { typ } }),
      })
      expect(response.status).toBe(401)
      expect(response.challenge('error')).toBe('invalid_token')
      expect(server.takeReasons()).toEqual(['wrong_token_type'])
      expect(server.seen).toEqual([])
    },
  )

  it('MCP-04: the guard never reads a token from the query, the body or a cookie', async () => {
    const server = await start(framework)
    const token = tokenWith(ALL)
    for (const sent of [
      { path: `/mcp?access_token=${token}` },
      { lines: [`Cookie: access_token=${token}`] },
      { body: { ...PURGE, access_token: token } },
    ])
      expect((await server.send({ body: PURGE, ...sent })).status).toBe(401)
    expect(server.seen).toEqual([])
  })
})
