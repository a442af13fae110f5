import type { CorsOptions } from '@bearward/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { adaptPreflight } from '../frameworks/difference.ts'
import {
  type BeforeGuards,
  type Framework,
  type Mount,
  type Route,
  startAll,
} from '../frameworks/framework.ts'
import { createNonce } from '../support/proofs.ts'
import { bearerLine } from '../support/requests.ts'
import { type RawResponse, type RunningServer, sendRaw } from '../support/servers.ts'
import { isAllowedOrigin } from './allowed-origin.ts'
import { CONFIGURATIONS, METADATA_URL, NONCE_SECRETS, PUBLIC_URL } from './configurations.ts'
import { claiming, NOW, token } from './fixture.ts'
import { withProof } from './prove.ts'

const APP = 'https://app.example.com'
const OTHER = 'https://other.example.com'
const EVIL = 'https://evil.example'

const OPTIONS: CorsOptions = {
  origins: [APP, OTHER],
  headers: ['MCP-Protocol-Version', 'Mcp-Method'],
  methods: ['GET', 'POST'],
  exposedHeaders: ['X-Request-Id'],
  maxAge: 60,
}

/** Code that runs before the guard, by the name of the server. */
const SERVERS = {
  listed: { cors: OPTIONS },
  anyone: { cors: { origins: '*' } },
  'a function': { cors: { origins: isAllowedOrigin } },
  'other code sets Vary': { cors: OPTIONS, vary: 'Accept-Language' },
  'no cors': {},
  'proofs with nonces': {
    cors: { origins: [APP], headers: ['MCP-Protocol-Version', 'Mcp-Method', 'Mcp-Name'] },
  },
} as const satisfies Record<string, BeforeGuards>

type ServerName = keyof typeof SERVERS

const PREFLIGHT = ['Access-Control-Request-Method: POST']

/** Header lines with an origin that `OPTIONS` does not allow. */
export const FOREIGN_ORIGINS = {
  'another origin': `Origin: ${EVIL}`,
  'the origin null': 'Origin: null',
  'an origin with a port': `Origin: ${APP}:8443`,
  'an origin with a slash': `Origin: ${APP}/`,
  'an origin in upper case': 'Origin: HTTPS://APP.EXAMPLE.COM',
  'an origin with a longer host': `Origin: ${APP}.evil.example`,
  'an origin with http': 'Origin: http://app.example.com',
  'an empty origin': 'Origin:',
  'two origins in one line': `Origin: ${APP} ${OTHER}`,
}

/** Runs cross-origin requests with one adapter. */
export function describeCors(framework: Framework): void {
  describe(`cross-origin requests on ${framework.name}`, () => {
    let servers: ReadonlyMap<ServerName, RunningServer> = new Map()
    let handled = 0

    beforeAll(async () => {
      const names = Object.keys(SERVERS) as ServerName[]
      const mounts = Object.fromEntries(names.map((name) => [name, toMount(name)]))
      servers = await startAll(framework, mounts as Record<ServerName, Mount>)
    })
    afterAll(() => Promise.all([...servers.values()].map((server) => server.close())))

    function toMount(name: ServerName): Mount {
      const route: Route = {
        path: '/reports',
        requirements: { scope: 'read' },
        handle: async () => ({ handled: ++handled }),
      }
      const configuration = name === 'proofs with nonces' ? 'dpop.nonce is set' : 'a resource'
      const options = { ...CONFIGURATIONS[configuration](), logger: false } as const
      return { options, routes: [route], maxHeaderSize: 16_384, before: SERVERS[name] }
    }

    async function send(
      name: ServerName,
      method: string,
      lines: readonly string[],
      path = '/reports',
    ): Promise<RawResponse> {
      handled = 0
      const head = [`${method} ${path} HTTP/1.1`, 'Host: 127.0.0.1', ...lines, 'Connection: close']
      return sendRaw(servers.get(name)!.port, `${head.join('\r\n')}\r\n\r\n`)
    }

    const preflight = (name: ServerName, ...lines: readonly string[]) =>
      send(name, 'OPTIONS', [...lines, ...PREFLIGHT])

    it('cors responds to a preflight request of an allowed origin without a token', async () => {
      const response = await preflight('listed', `Origin: ${APP}`)
      expect(response.status).toBe(204)
      expect(response.body).toBe('')
      expect(handled).toBe(0)
      expect(corsOf(response)).toEqual({
        'access-control-allow-headers': [
          'Authorization, Content-Type, DPoP, MCP-Protocol-Version, Mcp-Method',
        ],
        'access-control-allow-methods': ['GET, POST'],
        'access-control-allow-origin': [APP],
        'access-control-max-age': ['60'],
        vary: ['origin'],
      })
      expect(response.header('WWW-Authenticate')).toBeUndefined()
      // RFC 9110 section 8.6.
      expect(response.header('Content-Length')).toBeUndefined()
    })

    it('cors responds to a preflight request for a path without a route', async () => {
      const response = await send('listed', 'OPTIONS', [`Origin: ${APP}`, ...PREFLIGHT], '/unknown')
      expect(response.status).toBe(204)
      expect(response.header('Access-Control-Allow-Origin')).toBe(APP)
    })

    const foreignOrigins = Object.entries(FOREIGN_ORIGINS).map(([what, line]) => {
      const { title, outcome } = adaptPreflight(framework, what, 204)
      return [title, [line], outcome] as const
    })
    it.each(foreignOrigins)('cors allows nothing for %s', async (_what, lines, status) => {
      const early = await preflight('listed', ...lines)
      expect(early.status).toBe(status)
      expect(corsOf(early)).toEqual({ vary: ['origin'] })
      const refused = await send('listed', 'GET', lines)
      expect(refused.status).toBe(401)
      expect(corsOf(refused)).toEqual({ vary: ['origin'] })
      const granted = await send('listed', 'GET', [...lines, bearerLine(token())])
      expect(granted.status).toBe(200)
      expect(corsOf(granted)).toEqual({ vary: ['origin'] })
    })

    it.each([
      ['two allowed origins', [`Origin: ${APP}`, `Origin: ${OTHER}`]],
      ['an allowed origin twice', [`Origin: ${APP}`, `Origin: ${APP}`]],
      ['an allowed origin before another', [`Origin: ${APP}`, `Origin: ${EVIL}`]],
    ])('cors allows nothing for several Origin lines: %s', async (_what, lines) => {
      // A browser never sends two lines, so this is not a preflight request, and the guard refuses it.
      const early = await preflight('listed', ...lines)
      expect(early.status).toBe(401)
      expect(corsOf(early)).toEqual({ vary: ['origin'] })
      const granted = await send('listed', 'GET', [...lines, bearerLine(token())])
      expect(granted.status).toBe(200)
      expect(corsOf(granted)).toEqual({ vary: ['origin'] })
    })

    it.each([
      ['no token', 401, []],
      ['an expired token', 401, [bearerLine(claiming({ exp: 1 }))]],
      ['a missing scope', 403, [bearerLine(claiming({ scope: 'other' }))]],
      ['malformed credentials', 400, ['Authorization: Bearer']],
    ])('cors exposes the challenge of a refusal: %s', async (_what, status, lines) => {
      const response = await send('listed', 'GET', [`Origin: ${APP}`, ...lines])
      expect(response.status).toBe(status)
      expect(corsOf(response)).toEqual({
        'access-control-allow-origin': [APP],
        'access-control-expose-headers': [
          'WWW-Authenticate, Retry-After, DPoP-Nonce, X-Request-Id',
        ],
        vary: ['origin'],
      })
      expect(response.header('WWW-Authenticate')).toContain(`resource_metadata="${METADATA_URL}"`)
      expect(handled).toBe(0)
    })

    it('cors sets its headers on the response of the handler', async () => {
      const response = await send('listed', 'GET', [`Origin: ${APP}`, bearerLine(token())])
      expect(response.status).toBe(200)
      expect(handled).toBe(1)
      expect(corsOf(response)).toEqual({
        'access-control-allow-origin': [APP],
        'access-control-expose-headers': [
          'WWW-Authenticate, Retry-After, DPoP-Nonce, X-Request-Id',
        ],
        vary: ['origin'],
      })
    })

    it('cors sets only Vary if the request has no Origin', async () => {
      const response = await send('listed', 'GET', [bearerLine(token())])
      expect(response.status).toBe(200)
      expect(corsOf(response)).toEqual({ vary: ['origin'] })
    })

    it('cors passes an OPTIONS request that is not a preflight request to the guard', async () => {
      const withoutMethod = await send('listed', 'OPTIONS', [`Origin: ${APP}`])
      expect(withoutMethod.status).toBe(401)
      expect(withoutMethod.header('Access-Control-Allow-Origin')).toBe(APP)
      expect((await send('listed', 'OPTIONS', PREFLIGHT)).status).toBe(401)
      expect((await send('listed', 'POST', [`Origin: ${APP}`, ...PREFLIGHT])).status).toBe(401)
    })

    it("cors with origins: '*' allows every origin, including null, and never allows cookies", async () => {
      for (const origin of [EVIL, 'null', APP]) {
        const early = await preflight('anyone', `Origin: ${origin}`, 'Cookie: session=a')
        expect(early.status).toBe(204)
        expect(corsOf(early)).toEqual({
          'access-control-allow-headers': ['Authorization, Content-Type, DPoP'],
          'access-control-allow-methods': ['GET, HEAD, POST, PUT, PATCH, DELETE'],
          'access-control-allow-origin': ['*'],
          'access-control-max-age': ['7200'],
        })
        const refused = await send('anyone', 'GET', [`Origin: ${origin}`, 'Cookie: session=a'])
        expect(corsOf(refused)).toEqual({
          'access-control-allow-origin': ['*'],
          'access-control-expose-headers': ['WWW-Authenticate, Retry-After, DPoP-Nonce'],
        })
      }
    })

    it('cors with a function allows the origins for which it returns true', async () => {
      for (const [origin, allowed] of [
        [APP, [APP]],
        ['null', undefined],
        [EVIL, undefined],
      ] as const) {
        const response = await send('a function', 'GET', [`Origin: ${origin}`])
        expect(corsOf(response)['access-control-allow-origin']).toEqual(allowed)
        expect(corsOf(response)['vary']).toEqual(['origin'])
      }
    })

    it('cors adds Origin to the header Vary that other code has set', async () => {
      const lines = [`Origin: ${APP}`]
      for (const response of [
        await preflight('other code sets Vary', ...lines),
        await send('other code sets Vary', 'GET', lines),
        await send('other code sets Vary', 'GET', [...lines, bearerLine(token())]),
        await send('other code sets Vary', 'GET', [`Origin: ${EVIL}`, bearerLine(token())]),
      ]) {
        expect(varyOf(response)).toEqual(['accept-language', 'origin'])
      }
    })

    it('9449-48, MCP-27: cors responds to a preflight request for the headers of DPoP and MCP without a token', async () => {
      const requested = [
        'authorization',
        'content-type',
        'dpop',
        'mcp-method',
        'mcp-name',
        'mcp-protocol-version',
      ]
      const response = await preflight(
        'proofs with nonces',
        `Origin: ${APP}`,
        `Access-Control-Request-Headers: ${requested.join(',')}`,
      )
      expect(response.status).toBe(204)
      expect(response.header('Access-Control-Allow-Origin')).toBe(APP)
      const allowed = response.header('Access-Control-Allow-Headers')!.toLowerCase().split(', ')
      expect(allowed.sort()).toEqual(requested)
      expect(response.header('WWW-Authenticate')).toBeUndefined()
      expect(handled).toBe(0)
    })

    it('9449-48, 9449-57, MCP-27: cors exposes the challenges and the nonce of a 401, and the nonce of a 200', async () => {
      const request = (nonce?: string) => {
        const create = withProof(nonce === undefined ? {} : { nonce })
        return [`Origin: ${APP}`, ...create('', '/reports').lines]
      }
      const old = createNonce(NONCE_SECRETS[0], PUBLIC_URL, NOW - 100)
      for (const [lines, status] of [
        [request(), 401],
        [request(old), 200],
      ] as const) {
        const response = await send('proofs with nonces', 'GET', lines)
        expect(response.status).toBe(status)
        expect(response.header('DPoP-Nonce')).toMatch(/^[\w.-]+$/)
        expect(corsOf(response)).toEqual({
          'access-control-allow-origin': [APP],
          'access-control-expose-headers': ['WWW-Authenticate, Retry-After, DPoP-Nonce'],
          vary: ['origin'],
        })
      }
    })

    it('an API without cors sends no CORS header, and passes a preflight request to the guard', async () => {
      const early = await preflight('no cors', `Origin: ${APP}`)
      expect(early.status).toBe(401)
      expect(corsOf(early)).toEqual({})
      const granted = await send('no cors', 'GET', [`Origin: ${APP}`, bearerLine(token())])
      expect(granted.status).toBe(200)
      expect(corsOf(granted)).toEqual({})
    })
  })
}

/** Returns the values of the headers for CORS by lower-case name. Of the names in `Vary`, returns only `origin`. */
function corsOf(response: RawResponse): Record<string, string[]> {
  const found: Record<string, string[]> = {}
  for (const [name, value] of response.rawHeaders) {
    const lower = name.toLowerCase()
    if (lower.startsWith('access-control-')) (found[lower] ??= []).push(value)
  }
  const vary = varyOf(response).filter((name) => name === 'origin')
  return vary.length === 0 ? found : { ...found, vary }
}

/** Returns the names in `Vary`, in lower case and sorted. Omits `Accept-Encoding`, which hapi adds to some responses. */
function varyOf({ rawHeaders }: RawResponse): string[] {
  return rawHeaders
    .flatMap(([name, value]) => (name.toLowerCase() === 'vary' ? value.split(/ *, */) : []))
    .map((name) => name.toLowerCase())
    .filter((name) => name !== 'accept-encoding')
    .sort()
}
