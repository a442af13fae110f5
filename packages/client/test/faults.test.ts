import { describe, expect, it } from 'vitest'
import { ERRORS, type TokenError, type TokenErrorCode } from '../src/index.ts'
import { scene, SECRET } from './scene.ts'
import { type Asked, grant, granting, refusing, type Script, tokenServer } from './token-server.ts'

const answering =
  (body: string | Uint8Array, headers: object = { 'Content-Type': 'application/json' }): Script =>
  ({ response }: Asked) =>
    void response.writeHead(200, { ...headers }).end(body)
const redirecting =
  (status: number): Script =>
  ({ response }: Asked) =>
    void response.writeHead(status, { Location: '/token/elsewhere' }).end()
const without = (name: string): Script => ({ ...grant(1), [name]: undefined })

/** The requests that a caller of little patience costs. */
const REQUESTS = { once: 1, again: 2, 'again, and each once more at once': 4 }

/** What the server does, what that is to us, and whether it is tried again. */
const FAULTS: readonly (readonly [string, Script, TokenErrorCode, keyof typeof REQUESTS])[] = [
  [
    'refuses the credentials',
    refusing('invalid_client', { status: 401 }),
    'invalid_client',
    'once',
  ],
  ['the same with 400', refusing('invalid_client'), 'invalid_client', 'once'],
  ['refuses the credentials without a word', 401, 'invalid_client', 'once'],
  ['does not allow the grant', refusing('unauthorized_client'), 'unauthorized_client', 'once'],
  ['does not know the scope', refusing('invalid_scope'), 'invalid_scope', 'once'],
  ['does not know the resource', refusing('invalid_target'), 'invalid_target', 'once'],
  ['does not have the grant', refusing('unsupported_grant_type'), 'unsupported_grant_type', 'once'],
  ['misses something', refusing('invalid_request'), 'invalid_request', 'once'],
  ['has an error of its own', refusing('policy_violation'), 'refused', 'once'],
  ['has an error with a name from elsewhere', refusing('constructor'), 'refused', 'once'],
  ['forbids it', 403, 'refused', 'once'],
  ['refuses with 200', { error: 'invalid_scope' }, 'invalid_scope', 'once'],
  ['has an error of its own, with 200', { error: 'policy_violation' }, 'refused', 'once'],
  ['is not there', 404, 'endpoint_not_found', 'once'],
  ['is gone', 410, 'endpoint_not_found', 'once'],
  ['waits for too long', 408, 'temporarily_unavailable', 'again'],
  ['finds it too early', 425, 'temporarily_unavailable', 'again'],
  ['takes no POST', 405, 'endpoint_not_found', 'once'],
  ['redirects with 302', redirecting(302), 'redirected', 'once'],
  ['redirects with 307', redirecting(307), 'redirected', 'once'],
  ['redirects with 308', redirecting(308), 'redirected', 'once'],
  [
    'gives a token that is bound to a key',
    { ...grant(1), token_type: 'DPoP' },
    'unsupported_token_type',
    'once',
  ],
  ['fails', 500, 'server_error', 'again'],
  ['fails behind a gateway', 502, 'server_error', 'again'],
  ['fails, and says so with 400', refusing('server_error'), 'server_error', 'again'],
  ['is in maintenance', 503, 'temporarily_unavailable', 'again'],
  [
    'is in maintenance, and says so with 400',
    refusing('temporarily_unavailable'),
    'temporarily_unavailable',
    'again',
  ],
  ['has enough', 429, 'throttled', 'again'],
  ['answers with an empty page', answering(''), 'invalid_response', 'again'],
  [
    'answers with HTML',
    answering('<html>', { 'Content-Type': 'text/html' }),
    'invalid_response',
    'again',
  ],
  ['answers with an array', answering('[]'), 'invalid_response', 'again'],
  [
    'writes a member twice',
    answering('{"access_token":"a","access_token":"b"}'),
    'invalid_response',
    'again',
  ],
  [
    'answers with 66 kB',
    answering(JSON.stringify(grant(1, { more: 'x'.repeat(66_000) }))),
    'invalid_response',
    'again',
  ],
  ['answers with 204', 204, 'invalid_response', 'again'],
  ['gives no token', without('access_token'), 'invalid_response', 'again'],
  ['gives a token that is no text', { ...grant(1), access_token: 7 }, 'invalid_response', 'again'],
  [
    'gives a token with a line feed',
    { ...grant(1), access_token: 'a\nX-Evil: 1' },
    'invalid_response',
    'again',
  ],
  [
    'gives a token of 17 kB',
    { ...grant(1), access_token: 'a'.repeat(17_000) },
    'invalid_response',
    'again',
  ],
  ['gives no type', without('token_type'), 'invalid_response', 'again'],
  ['gives a token that has expired', { ...grant(1), expires_in: 0 }, 'invalid_response', 'again'],
  [
    'gives a token that expired before',
    { ...grant(1), expires_in: '-5' },
    'invalid_response',
    'again',
  ],
  ['writes scopes that are no text', { ...grant(1), scope: ['read'] }, 'invalid_response', 'again'],
  [
    'breaks the connection',
    ({ response }: Asked) => void response.destroy(),
    'unreachable',
    'again, and each once more at once',
  ],
  [
    'breaks off in the middle',
    ({ response }: Asked) => {
      response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': 100 })
      response.write('{"access_token":', () => response.destroy())
    },
    'unreachable',
    'again',
  ],
  ['never answers', () => undefined, 'timeout', 'again'],
  [
    'begins and never ends',
    ({ response }: Asked) => {
      response.writeHead(200, { 'Content-Type': 'application/json' }).write('{')
    },
    'timeout',
    'again',
  ],
]

describe('a token endpoint that', () => {
  it.each(FAULTS)('%s', async (_case, script, code, tried) => {
    const { server, source, passing, events } = await scene(script, {
      fetchTimeout: 0.1,
      patience: 1,
    })
    const error = await passing(source.getToken().catch((thrown: TokenError) => thrown))
    expect(error).toMatchObject({ name: 'TokenError', code, fault: ERRORS[code].fault })
    const { text, advice } = ERRORS[code]
    expect((error as TokenError).message).toBe(`${code}: ${text} ${advice}`)
    expect(server.asked).toHaveLength(REQUESTS[tried])
    expect(events).toHaveLength(tried === 'once' ? 1 : 2)
    expect(events.at(-1)).toMatchObject({ type: 'token_failed', code, covered: false })
  })

  it('does all of this gives each code of the table that is about an answer', () => {
    const elsewhere: TokenErrorCode[] = [
      'issuer_mismatch',
      'no_token_endpoint',
      'credentials_unavailable',
      'origin_not_allowed',
      'closed',
      'unexpected',
    ]
    const seen = new Set([...FAULTS.map(([, , code]) => code), ...elsewhere])
    expect([...seen].sort()).toEqual(Object.keys(ERRORS).sort())
  })
})

describe('an authorization server', () => {
  it('that is not there cannot be reached, and the system says why', async () => {
    const gone = await tokenServer()
    await gone.close()
    const { failure, events } = await scene(500, { issuer: gone.url, patience: 0 })
    expect(await failure()).toBe('unreachable')
    expect(JSON.stringify(events[0])).toContain('no answer (ECONNREFUSED))')
  })

  it.each([
    [404, 'no_token_endpoint'],
    [401, 'no_token_endpoint'],
    [408, 'temporarily_unavailable'],
    [425, 'temporarily_unavailable'],
    [429, 'throttled'],
    [500, 'server_error'],
    [503, 'temporarily_unavailable'],
  ])('whose metadata come with %d gets no request', async (status, code) => {
    const { server, failure } = await scene(500, {
      patience: 0,
      fetch: async () => new Response('', { status }),
    })
    expect(await failure()).toBe(code)
    expect(server.asked).toEqual([])
  })

  it('that is the wrong one is named, and where its metadata was looked for', async () => {
    const { source, server } = await scene(granting, {
      fetch: async () => new Response('', { status: 404 }),
    })
    await expect(source.getToken()).rejects.toMatchObject({
      code: 'no_token_endpoint',
      serverStatus: 404,
      detail: `${server.url}/.well-known/openid-configuration: status 404, and no metadata at 1 other place`,
    })
  })

  it('whose token is over when it comes has given none', async () => {
    const { clock, source, server } = await scene(
      ({ number }: Asked) => {
        clock.advance(number === 1 ? 2 : 0)
        return grant(number, { expires_in: 1 })
      },
      { patience: 0 },
    )
    await expect(source.getToken()).rejects.toMatchObject({
      code: 'invalid_response',
      detail: `${server.url}/token: the token was over when it came`,
    })
  })

  it('is told apart from a fetch of our own that gives no Response', async () => {
    const { source, events } = await scene(granting, { fetch: async () => ({}) as Response })
    await expect(source.getToken()).rejects.toMatchObject({ code: 'unexpected', fault: 'ours' })
    expect(events).toHaveLength(1)
  })

  it.each([200, 400])(
    'is told apart from a fetch of our own that follows redirects, to %d',
    async (status) => {
      const script = ({ response, url }: Asked) => {
        if (url === '/token/elsewhere') return status === 200 ? grant(1) : status
        return void response.writeHead(307, { Location: '/token/elsewhere' }).end()
      }
      const { source } = await scene(script, {
        fetch: (url, init) => fetch(url, { ...init, redirect: 'follow' }),
      })
      await expect(source.getToken()).rejects.toMatchObject({ code: 'redirected' })
    },
  )

  it('is told apart from a fetch of our own that throws, whose error may hold anything', async () => {
    const { source } = await scene(500, {
      patience: 0,
      fetch: () => Promise.reject(new Error(`sending ${SECRET}`)),
    })
    const error = await source.getToken().catch((thrown: TokenError) => thrown)
    expect(error).toMatchObject({ code: 'unreachable' })
    expect((error as Error).cause).toBe(undefined)
    expect((error as Error).stack).not.toContain(SECRET)
  })
})
