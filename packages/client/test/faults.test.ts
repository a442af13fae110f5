import { describe, expect, it } from 'vitest'
import { FETCHES } from '../../../test/support/fetches.ts'
import { ERRORS, type TokenError, type TokenErrorCode } from '../src/index.ts'
import { setup, SECRET } from './setup.ts'
import {
  type ReceivedRequest,
  grant,
  grantTokens,
  respondWithError,
  type Script,
  createTokenServer,
} from './token-server.ts'

/** Creates a script that sends this body with status 200. */
const respondWith =
  (body: string | Uint8Array, headers: object = { 'Content-Type': 'application/json' }): Script =>
  ({ response }: ReceivedRequest) =>
    void response.writeHead(200, { ...headers }).end(body)
/** Creates a script that sends a redirect. */
const redirectWith =
  (status: number): Script =>
  ({ response }: ReceivedRequest) =>
    void response.writeHead(status, { Location: '/token/elsewhere' }).end()
/** Returns a token response without one member. */
const grantWithout = (name: string): Script => ({ ...grant(1), [name]: undefined })

/** Number of requests for each kind of failure if `maxWait` is 1. */
const REQUESTS = { once: 1, twice: 2, 'twice, each with a retry': 4 }

/** Behavior of the server, the error code that this behavior causes, and the number of requests. */
const FAULTS: readonly (readonly [string, Script, TokenErrorCode, keyof typeof REQUESTS])[] = [
  [
    'rejects the credentials',
    respondWithError('invalid_client', { status: 401 }),
    'invalid_client',
    'once',
  ],
  [
    'rejects the credentials with 400',
    respondWithError('invalid_client'),
    'invalid_client',
    'once',
  ],
  ['rejects the credentials without a body', 401, 'invalid_client', 'once'],
  [
    'does not allow the grant',
    respondWithError('unauthorized_client'),
    'unauthorized_client',
    'once',
  ],
  ['does not know the scope', respondWithError('invalid_scope'), 'invalid_scope', 'once'],
  ['does not know the resource', respondWithError('invalid_target'), 'invalid_target', 'once'],
  [
    'does not support the grant',
    respondWithError('unsupported_grant_type'),
    'unsupported_grant_type',
    'once',
  ],
  ['reports a malformed request', respondWithError('invalid_request'), 'invalid_request', 'once'],
  ['sends an unregistered error code', respondWithError('policy_violation'), 'refused', 'once'],
  [
    'sends an error code that is a member of Object.prototype',
    respondWithError('constructor'),
    'refused',
    'once',
  ],
  ['responds with 403', 403, 'refused', 'once'],
  ['sends an error response with 200', { error: 'invalid_scope' }, 'invalid_scope', 'once'],
  ['sends an unregistered error code with 200', { error: 'policy_violation' }, 'refused', 'once'],
  ['responds with 404', 404, 'endpoint_not_found', 'once'],
  ['responds with 410', 410, 'endpoint_not_found', 'once'],
  ['responds with 408', 408, 'temporarily_unavailable', 'twice'],
  ['responds with 425', 425, 'temporarily_unavailable', 'twice'],
  ['responds with 405', 405, 'endpoint_not_found', 'once'],
  ['redirects with 302', redirectWith(302), 'redirected', 'once'],
  ['redirects with 307', redirectWith(307), 'redirected', 'once'],
  ['redirects with 308', redirectWith(308), 'redirected', 'once'],
  [
    'issues a token that is bound to a key',
    { ...grant(1), token_type: 'DPoP' },
    'unsupported_token_type',
    'once',
  ],
  ['responds with 500', 500, 'server_error', 'twice'],
  ['responds with 502', 502, 'server_error', 'twice'],
  ['sends server_error with 400', respondWithError('server_error'), 'server_error', 'twice'],
  ['responds with 503', 503, 'temporarily_unavailable', 'twice'],
  [
    'sends temporarily_unavailable with 400',
    respondWithError('temporarily_unavailable'),
    'temporarily_unavailable',
    'twice',
  ],
  ['responds with 429', 429, 'throttled', 'twice'],
  ['sends an empty body', respondWith(''), 'invalid_response', 'once'],
  [
    'sends HTML',
    respondWith('<html>', { 'Content-Type': 'text/html' }),
    'invalid_response',
    'once',
  ],
  ['sends an array', respondWith('[]'), 'invalid_response', 'once'],
  [
    'sends a duplicate member',
    respondWith('{"access_token":"a","access_token":"b"}'),
    'invalid_response',
    'once',
  ],
  [
    'sends 66 kB',
    respondWith(JSON.stringify(grant(1, { more: 'x'.repeat(66_000) }))),
    'invalid_response',
    'once',
  ],
  ['responds with 204', 204, 'invalid_response', 'once'],
  ['sends no access_token', grantWithout('access_token'), 'invalid_response', 'once'],
  [
    'sends an access_token that is not a string',
    { ...grant(1), access_token: 7 },
    'invalid_response',
    'once',
  ],
  [
    'sends an access_token with a line feed',
    { ...grant(1), access_token: 'a\nX-Evil: 1' },
    'invalid_response',
    'once',
  ],
  [
    'sends an access_token of 17 kB',
    { ...grant(1), access_token: 'a'.repeat(17_000) },
    'invalid_response',
    'once',
  ],
  ['sends no token_type', grantWithout('token_type'), 'unsupported_token_type', 'once'],
  [
    'sends a token_type of null',
    { ...grant(1), token_type: null },
    'unsupported_token_type',
    'once',
  ],
  [
    'sends a token_type that is not a string',
    { ...grant(1), token_type: ['Bearer'] },
    'invalid_response',
    'once',
  ],
  [
    'issues a token of an unknown type',
    { ...grant(1), token_type: 'mac' },
    'unsupported_token_type',
    'once',
  ],
  ['responds with 202 without a body', 202, 'invalid_response', 'once'],
  [
    'sends temporarily_unavailable with 200',
    { error: 'temporarily_unavailable' },
    'temporarily_unavailable',
    'once',
  ],
  ['sends expires_in 0', { ...grant(1), expires_in: 0 }, 'invalid_response', 'once'],
  ['sends a negative expires_in', { ...grant(1), expires_in: '-5' }, 'invalid_response', 'once'],
  [
    'sends an array of scopes with a number',
    { ...grant(1), scope: ['read', 7] },
    'invalid_response',
    'once',
  ],
  [
    'sends a scope that is an object',
    { ...grant(1), scope: { read: true } },
    'invalid_response',
    'once',
  ],
  [
    'closes the connection before the response',
    ({ response }: ReceivedRequest) => void response.destroy(),
    'unreachable',
    'twice, each with a retry',
  ],
  [
    'closes the connection during the response',
    ({ response }: ReceivedRequest) => {
      response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': 100 })
      response.write('{"access_token":', () => response.destroy())
    },
    'unreachable',
    'once',
  ],
  ['never responds', () => undefined, 'timeout', 'twice'],
  [
    'never completes the response',
    ({ response }: ReceivedRequest) => {
      response.writeHead(200, { 'Content-Type': 'application/json' }).write('{')
    },
    'timeout',
    'once',
  ],
]

describe.each(FETCHES)('getToken() with %s', (_name, fetch) => {
  it.each(FAULTS.map(([name, script, code, requests]) => [code, name, script, requests] as const))(
    'getToken() rejects with the code %s if the token endpoint %s',
    async (code, _case, script, requests) => {
      const { server, source, advanceUntilSettled, events } = await setup(script, {
        fetch,
        fetchTimeout: 0.1,
        maxWait: 1,
      })
      const error = await advanceUntilSettled(
        source.getToken().catch((thrown: TokenError) => thrown),
      )
      expect(error).toMatchObject({ name: 'TokenError', code, fault: ERRORS[code].fault })
      const { text, advice } = ERRORS[code]
      expect((error as TokenError).message).toBe(`${code}: ${text} ${advice}`)
      expect(server.requests).toHaveLength(REQUESTS[requests])
      expect(events).toHaveLength(requests === 'once' ? 1 : 2)
      expect(events.at(-1)).toMatchObject({ type: 'token_failed', code, covered: false })
    },
  )
})

describe('getToken()', () => {
  it('ERRORS contains exactly the codes that this file tests or lists as tested elsewhere', () => {
    const testedElsewhere: TokenErrorCode[] = [
      'issuer_mismatch',
      'no_token_endpoint',
      'credentials_unavailable',
      'origin_not_allowed',
      'too_many_targets',
      'closed',
      'unexpected',
      'token_not_bound',
      'invalid_dpop_proof',
      'use_dpop_nonce',
    ]
    const tested = new Set([...FAULTS.map(([, , code]) => code), ...testedElsewhere])
    expect([...tested].sort()).toEqual(Object.keys(ERRORS).sort())
  })

  it('getToken() publishes the system error code if the server is unreachable', async () => {
    const closed = await createTokenServer()
    await closed.close()
    const { getErrorCode, events } = await setup(500, { issuer: closed.url, maxWait: 0 })
    expect(await getErrorCode()).toBe('unreachable')
    expect(JSON.stringify(events[0])).toContain('no response (ECONNREFUSED))')
  })

  it.each([
    [404, 'no_token_endpoint'],
    [401, 'no_token_endpoint'],
    [408, 'temporarily_unavailable'],
    [425, 'temporarily_unavailable'],
    [429, 'throttled'],
    [500, 'server_error'],
    [503, 'temporarily_unavailable'],
  ])(
    'getToken() sends no token request if the metadata has status %d, and rejects with %s',
    async (status, code) => {
      const { server, getErrorCode } = await setup(500, {
        maxWait: 0,
        fetch: async () => new Response('', { status }),
      })
      expect(await getErrorCode()).toBe(code)
      expect(server.requests).toEqual([])
    },
  )

  it('getToken() rejects with the metadata URL in the detail of the error if there is no metadata', async () => {
    const { source, server } = await setup(grantTokens, {
      fetch: async () => new Response('', { status: 404 }),
    })
    await expect(source.getToken()).rejects.toMatchObject({
      code: 'no_token_endpoint',
      serverStatus: 404,
      detail: `${server.url}/.well-known/openid-configuration: status 404, and no metadata at 2 other URLs`,
    })
  })

  it('getToken() rejects with invalid_response if the token expired before it arrived', async () => {
    const { clock, source, server } = await setup(
      ({ number }: ReceivedRequest) => {
        clock.advance(number === 1 ? 2 : 0)
        return grant(number, { expires_in: 1 })
      },
      { maxWait: 0 },
    )
    await expect(source.getToken()).rejects.toMatchObject({
      code: 'invalid_response',
      detail: `${server.url}/token: the token expired before it arrived`,
    })
  })

  it('getToken() rejects with the code unexpected if a custom fetch does not return a Response', async () => {
    const { source, events } = await setup(grantTokens, { fetch: async () => ({}) as Response })
    await expect(source.getToken()).rejects.toMatchObject({
      code: 'unexpected',
      fault: 'configuration',
    })
    expect(events).toHaveLength(1)
  })

  it.each([200, 400])(
    'getToken() rejects with the code redirected if a custom fetch follows a redirect to a response with status %d',
    async (status) => {
      const script = ({ response, url }: ReceivedRequest) => {
        if (url === '/token/elsewhere') return status === 200 ? grant(1) : status
        return void response.writeHead(307, { Location: '/token/elsewhere' }).end()
      }
      const { source } = await setup(script, {
        fetch: (url, init) => fetch(url, { ...init, redirect: 'follow' }),
      })
      await expect(source.getToken()).rejects.toMatchObject({ code: 'redirected' })
    },
  )

  it('getToken() rejects with the code unreachable if a custom fetch throws, and does not pass on the error of that fetch', async () => {
    const { source } = await setup(500, {
      maxWait: 0,
      fetch: () => Promise.reject(new Error(`sending ${SECRET}`)),
    })
    const error = await source.getToken().catch((thrown: TokenError) => thrown)
    expect(error).toMatchObject({ code: 'unreachable' })
    expect((error as Error).cause).toBe(undefined)
    expect((error as Error).stack).not.toContain(SECRET)
  })
})
