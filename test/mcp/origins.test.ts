import { describe, expect, it } from 'vitest'
import { TOKENS } from './fixture.ts'
import { BODY_LIMIT } from './attacks/bytes.ts'
import { LIST, PURGE } from './messages.ts'
import type { McpResponse, Sent } from './requests.ts'
import { MCP_FRAMEWORKS } from './servers.ts'
import { start } from './start.ts'

const APP = 'https://app.example.com'
const EVIL = 'https://evil.example'
const fromApp = [`Origin: ${APP}`]

const PREFLIGHT = ['Access-Control-Request-Method: POST']

/** Headers that clients in browsers send. */
const REQUEST_HEADERS = [
  'authorization',
  'content-type',
  'dpop',
  'last-event-id',
  'mcp-method',
  'mcp-name',
  'mcp-protocol-version',
  'mcp-session-id',
]

const EXPOSED = [
  'DPoP-Nonce',
  'MCP-Protocol-Version',
  'Mcp-Session-Id',
  'Retry-After',
  'WWW-Authenticate',
]

/** Returns the names in a header, sorted. */
const namesIn = (response: McpResponse, header: string) =>
  response.header(header)?.split(', ').sort()

describe.each(MCP_FRAMEWORKS)('origins of the guard for $name', (framework) => {
  it('MCP-30: the guard grants a request without an origin, and a request of an allowed origin', async () => {
    const server = await start(framework)
    for (const lines of [[], fromApp])
      expect((await server.send({ body: LIST, token: TOKENS.reader, lines })).status).toBe(200)
    expect(server.seen).toHaveLength(2)
  })

  it.each([
    ['another origin', [`Origin: ${EVIL}`]],
    ['the origin null', ['Origin: null']],
    ['an empty origin', ['Origin:']],
    ['the origin with http', ['Origin: http://app.example.com']],
    ['another port', [`Origin: ${APP}:8443`]],
    ['the default port', [`Origin: ${APP}:443`]],
    ['a slash after the origin', [`Origin: ${APP}/`]],
    ['an origin in upper case', ['Origin: HTTPS://APP.EXAMPLE.COM']],
    ['a longer host', [`Origin: ${APP}.evil.example`]],
    ['a subdomain', ['Origin: https://x.app.example.com']],
    ['the host of the request', ['Origin: http://127.0.0.1']],
    ['two lines with the allowed origin', [...fromApp, ...fromApp]],
    ['two lines, first the allowed origin', [...fromApp, `Origin: ${EVIL}`]],
    ['two lines, first another origin', [`Origin: ${EVIL}`, ...fromApp]],
    ['two origins in one line', [`Origin: ${APP}, ${EVIL}`]],
    ['two origins and a space', [`Origin: ${APP} ${EVIL}`]],
  ])('MCP-30: the guard responds with 403 to %s, also without a token', async (_what, lines) => {
    const server = await start(framework)
    for (const token of [TOKENS.admin, undefined]) {
      for (const method of ['POST', 'GET', 'DELETE', 'OPTIONS', 'PUT']) {
        const response = await server.send({ method, body: LIST, token, lines })
        expect(response.status).toBe(403)
        expect(response.challenge('error')).toBeUndefined()
        expect(response.header('Access-Control-Allow-Origin')).toBeUndefined()
      }
    }
    expect(new Set(server.takeReasons())).toEqual(new Set(['wrong_origin']))
    expect(server.seen).toEqual([])
  })

  it('MCP-30: the guard allows only the origin of the resource if the option origins is missing', async () => {
    const server = await start(framework, { guard: { origins: undefined } })
    const statusOf = async (origin: string) => {
      const lines = [`Origin: ${origin}`]
      return (await server.send({ body: LIST, token: TOKENS.reader, lines })).status
    }
    expect(await statusOf('https://notes.example.com')).toBe(200)
    expect(await statusOf(APP)).toBe(403)
    expect(await statusOf('https://notes.example.com:8443')).toBe(403)
  })

  it('MCP-30: the guard calls the function origins only with a single origin', async () => {
    const called: string[] = []
    const origins = (origin: string) => {
      called.push(origin)
      return origin.endsWith('.example.com')
    }
    const server = await start(framework, { guard: { origins } })
    const statusOf = async (...all: readonly string[]) => {
      const lines = all.map((origin) => `Origin: ${origin}`)
      return (await server.send({ body: LIST, token: TOKENS.reader, lines })).status
    }
    expect(await statusOf(APP)).toBe(200)
    expect(await statusOf(EVIL)).toBe(403)
    expect(await statusOf(EVIL, APP)).toBe(403)
    expect(await statusOf(`${EVIL}, ${APP}`)).toBe(403)
    expect(await statusOf(`${EVIL}/.example.com`)).toBe(403)
    expect(await statusOf(`${EVIL}#.example.com`)).toBe(403)
    expect(new Set(called)).toEqual(new Set([APP, EVIL]))
  })

  it.each([
    ['a promise', () => Promise.resolve(true)],
    ['a rejected promise', () => Promise.reject(new Error('late'))],
    ['a text', () => 'yes'],
    ['undefined', () => undefined],
  ])('the guard responds with 500 if the function origins returns %s', async (_what, origins) => {
    const server = await start(framework, { guard: { origins: origins as never } })
    const response = await server.send({ body: LIST, token: TOKENS.admin, lines: fromApp })
    expect(response.status).toBe(500)
    expect(server.seen).toEqual([])
  })

  it('the guard responds with 500 if the function origins throws', async () => {
    const origins = () => {
      throw new Error('the origins are not known')
    }
    const server = await start(framework, { guard: { origins } })
    const response = await server.send({ body: LIST, token: TOKENS.admin, lines: fromApp })
    expect(response.status).toBe(500)
    expect(server.seen).toEqual([])
  })

  it('MCP-27: the guard with cors responds to a preflight request without a token, and allows all headers of clients', async () => {
    const cors = { headers: ['Mcp-Param-Region'], maxAge: 60 }
    const server = await start(framework, { guard: { cors } })
    const response = await server.send({
      method: 'OPTIONS',
      lines: [
        ...fromApp,
        ...PREFLIGHT,
        `Access-Control-Request-Headers: ${REQUEST_HEADERS.join(',')}`,
      ],
    })
    expect(response.status).toBe(204)
    expect(response.body).toBe('')
    expect(response.header('Access-Control-Allow-Origin')).toBe(APP)
    expect(response.header('Access-Control-Max-Age')).toBe('60')
    expect(namesIn(response, 'Access-Control-Allow-Methods')).toEqual(['DELETE', 'GET', 'POST'])
    const allowed = namesIn(response, 'Access-Control-Allow-Headers')!
    const lower = allowed.map((name) => name.toLowerCase()).sort()
    expect(lower).toEqual([...REQUEST_HEADERS, 'mcp-param-region'].sort())
    expect(response.header('WWW-Authenticate')).toBeUndefined()
    expect(server.seen).toEqual([])
    expect(server.events).toEqual([])
  })

  it('MCP-27: the guard with cors allows nothing in a preflight request of another origin', async () => {
    const server = await start(framework, { guard: { cors: true } })
    const lines = [`Origin: ${EVIL}`, ...PREFLIGHT]
    const response = await server.send({ method: 'OPTIONS', lines })
    expect(response.status).toBe(204)
    expect(response.rawHeaders.filter(([name]) => /^access-control/i.test(name))).toEqual([])
    expect(server.seen).toEqual([])
  })

  it('MCP-27: pages can read every response of the guard with cors', async () => {
    const server = await start(framework, { guard: { cors: true, bodyLimit: BODY_LIMIT } })
    const admin = TOKENS.admin
    for (const [status, sent] of [
      [200, { token: admin, body: PURGE }],
      [200, { token: admin, method: 'GET' }],
      [401, { body: PURGE }],
      [403, { token: TOKENS.reader, body: PURGE }],
      [400, { token: admin, body: PURGE, lines: ['Mcp-Name: list'] }],
      [400, { token: admin, body: '{' }],
      [413, { token: admin, body: ' '.repeat(BODY_LIMIT + 1) }],
    ] as const) {
      const { lines = [] }: Sent = sent
      const response = await server.send({ ...sent, lines: [...fromApp, ...lines] })
      expect(response.status).toBe(status)
      expect(response.header('Access-Control-Allow-Origin')).toBe(APP)
      expect(namesIn(response, 'Access-Control-Expose-Headers')).toEqual(EXPOSED)
      expect(response.header('Vary')?.toLowerCase().split(/, */)).toEqual(['origin'])
    }
  })

  it('the guard without cors passes a preflight request on to the check of the token', async () => {
    const server = await start(framework)
    const lines = [...fromApp, ...PREFLIGHT]
    const response = await server.send({ method: 'OPTIONS', lines })
    expect(response.status).toBe(401)
    expect(response.header('Access-Control-Allow-Origin')).toBeUndefined()
  })
})
