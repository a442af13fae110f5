import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { verifyProof } from '../../../test/support/proofs.ts'
import { fc } from '../../../test/support/property.ts'
import { listen } from '../../../test/support/servers.ts'
import { type ClientCredentialsOptions, clientCredentials } from '../src/index.ts'
import { NONCES_AT_MOST } from '../src/nonces.ts'
import { API, closing, setup } from './setup.ts'
import { createTokenServer, grant, type ReceivedRequest } from './token-server.ts'

/** A request that an API has received. */
interface ApiCall {
  readonly method: string
  readonly url: string
  readonly authorization: string | undefined
  readonly proof: unknown
  readonly body: string
}

type Respond = (call: ApiCall, number: number, response: ServerResponse) => unknown

/** Starts an API on loopback that records each call and responds with `respond`. */
async function createApi(respond: Respond = (_call, _number, response) => response.end('welcome')) {
  const calls: ApiCall[] = []
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const { method, url, headers } = request
    const body = await text(request)
    const { authorization, dpop: proof } = headers
    const call = { method: method!, url: url!, authorization, proof, body }
    calls.push(call)
    await respond(call, calls.length, response)
  }
  const server = closing(await listen((request, response) => void handle(request, response)))
  const readNonces = async () =>
    Promise.all(calls.map(async ({ proof }) => (await verifyProof(proof)).claims['nonce']))
  return { ...server, calls, readNonces }
}

/** Creates a source with DPoP that may call the origins in `urls`. Its cached token is 10 seconds old. */
async function setupCaller(
  urls: readonly string[],
  options: Partial<ClientCredentialsOptions> = {},
) {
  const all = await setup(({ number }: ReceivedRequest) => grant(number, { token_type: 'DPoP' }), {
    dpop: true,
    allowedOrigins: urls,
    ...options,
  })
  await all.source.getToken()
  all.clock.advance(10)
  return all
}

const challenge = (error: string) => `DPoP error="${error}", algs="ES256"`

/** Responds with 401, a challenge and a nonce. */
function refuse(response: ServerResponse, error: string, nonce?: string): void {
  const fields = { 'WWW-Authenticate': challenge(error) }
  response.writeHead(401, nonce === undefined ? fields : { ...fields, 'DPoP-Nonce': nonce })
  response.end('refused')
}

/** Creates a handler that requires the nonce of `getNonce` in each proof. */
const requireNonce =
  (getNonce: () => string): Respond =>
  async ({ proof }, _number, response) => {
    const { claims } = await verifyProof(proof)
    if (claims['nonce'] === getNonce()) response.end('welcome')
    else refuse(response, 'use_dpop_nonce', getNonce())
  }

describe('source.fetch() with dpop', () => {
  it('source.fetch() sends the token with the scheme DPoP and a proof for this request', async () => {
    const { url, calls } = await createApi()
    const { source, server, clock } = await setupCaller([url])
    await source.fetch(`${url}/reports/1?page=2#top`, { method: 'post', body: 'hello' })
    await source.fetch(new Request(`${url}/reports/1`, { method: 'DELETE' }))
    expect(calls.map(({ authorization }) => authorization)).toEqual([
      'DPoP token-1',
      'DPoP token-1',
    ])
    const [first, second] = await Promise.all(calls.map(({ proof }) => verifyProof(proof)))
    expect(first!.claims).toEqual({
      jti: expect.any(String),
      htm: 'POST',
      htu: `${url}/reports/1`,
      iat: Math.floor(clock.now() / 1000),
      ath: createHash('sha256').update('token-1').digest('base64url'),
    })
    expect(second!.claims).toMatchObject({ htm: 'DELETE', htu: `${url}/reports/1` })
    expect(first!.claims.jti).not.toBe(second!.claims.jti)
    const ofToken = await verifyProof(server.requests[0]!.headers['dpop'])
    expect(first!.thumbprint).toBe(ofToken.thumbprint)
    expect(second!.thumbprint).toBe(ofToken.thumbprint)
  })

  it('source.fetch() sends a proof whose htm is the method that the API receives', async () => {
    const { url, calls } = await createApi()
    const { source } = await setupCaller([url])
    for (const method of ['get', 'HEAD', 'Put', 'options', 'delete', 'PATCH', 'post', 'PROPFIND'])
      await source.fetch(url, { method })
    const methods = await Promise.all(
      calls.map(async ({ proof }) => (await verifyProof(proof)).claims['htm']),
    )
    expect(methods).toEqual(calls.map(({ method }) => method))
  })

  it('source.fetch() sends a proof whose htu has the origin and the path of the URL, without query and fragment', async () => {
    const seen: (readonly [url: string, proof: string])[] = []
    const { source } = await setup(
      ({ number }: ReceivedRequest) => grant(number, { token_type: 'DPoP' }),
      {
        dpop: true,
        resourceFetch: async (input, init) => {
          seen.push([input as string, new Headers(init?.headers).get('dpop')!])
          return new Response('hi')
        },
      },
    )
    await fc.assert(
      fc.asyncProperty(
        fc.webUrl({ withQueryParameters: true, withFragments: true }),
        async (given) => {
          const { pathname, search, hash } = new URL(given)
          seen.length = 0
          await source.fetch(`${API}${pathname}${search}${hash}`)
          const [[sent, proof]] = seen as [readonly [string, string]]
          const { htu } = (await verifyProof(proof)).claims
          expect(htu).toBe(API + pathname)
          expect(new URL(sent).origin + new URL(sent).pathname).toBe(htu)
        },
      ),
      { numRuns: 50 },
    )
  })

  it('source.fetch() rejects with TypeError if the request has a DPoP header', async () => {
    const { url, calls } = await createApi()
    const { source } = await setupCaller([url])
    const error = new TypeError('source.fetch sets the DPoP header: remove it from the request')
    await expect(source.fetch(url, { headers: { dpop: 'x' } })).rejects.toThrow(error)
    expect(calls).toEqual([])
  })

  it('source.fetch() without dpop sends a DPoP header of the caller unchanged', async () => {
    const { url, calls } = await createApi()
    const { source } = await setup(undefined, { allowedOrigins: [url] })
    await source.fetch(url, { headers: { dpop: 'x' } })
    expect(calls).toMatchObject([{ authorization: 'Bearer token-1', proof: 'x' }])
  })

  it('source.fetch() does not follow a redirect, so that no proof and no token reaches another origin', async () => {
    const other = await createApi()
    const { url, calls } = await createApi((_call, _number, response) =>
      response.writeHead(307, { Location: other.url, 'DPoP-Nonce': 'nonce-1' }).end(),
    )
    const { source } = await setupCaller([url, other.url])
    expect((await source.fetch(url)).status).toBe(307)
    expect((await source.fetch(other.url)).status).toBe(200)
    expect([calls.length, other.calls.length]).toEqual([1, 1])
    expect(await other.readNonces()).toEqual([undefined])
  })

  it('source.fetch() does not remember the nonce of a response if resourceFetch followed a redirect', async () => {
    const nonces: unknown[] = []
    const { source } = await setupCaller([API], {
      resourceFetch: async (_input, init) => {
        const { claims } = await verifyProof(new Headers(init?.headers).get('dpop'))
        nonces.push(claims['nonce'])
        const response = new Response('', { headers: { 'DPoP-Nonce': 'of-another-server' } })
        return Object.defineProperty(response, 'redirected', { value: true })
      },
    })
    await source.fetch(API)
    await source.fetch(API)
    expect(nonces).toEqual([undefined, undefined])
  })
})

describe('nonces of APIs', () => {
  it('source.fetch() repeats a request once with the nonce of the API, and remembers the nonce', async () => {
    const { url, calls, readNonces } = await createApi(requireNonce(() => 'nonce-1'))
    const { source, server } = await setupCaller([url])
    expect(await (await source.fetch(url, { method: 'POST', body: 'hello' })).text()).toBe(
      'welcome',
    )
    expect((await source.fetch(url)).status).toBe(200)
    expect(await readNonces()).toEqual([undefined, 'nonce-1', 'nonce-1'])
    expect(calls.map(({ body }) => body)).toEqual(['hello', 'hello', ''])
    const proofs = await Promise.all(calls.map(({ proof }) => verifyProof(proof)))
    expect(new Set(proofs.map(({ claims }) => claims.jti)).size).toBe(3)
    // The token is valid: it is neither rejected nor renewed.
    expect(source.counters()).toMatchObject({ issued: 1, renewed: 0, invalidated: 0 })
    expect(server.requests).toHaveLength(1)
  })

  it('source.fetch() uses the newest nonce of any response of the API', async () => {
    const { url, readNonces } = await createApi((_call, number, response) =>
      response.writeHead(number === 2 ? 404 : 200, { 'DPoP-Nonce': `nonce-${number}` }).end(),
    )
    const { source } = await setupCaller([url])
    for (let call = 0; call < 4; call++) await source.fetch(`${url}/${call}`)
    expect(await readNonces()).toEqual([undefined, 'nonce-1', 'nonce-2', 'nonce-3'])
  })

  it('source.fetch() returns the 401 after one retry if the API sends another nonce each time', async () => {
    const { url, calls } = await createApi((_call, number, response) =>
      refuse(response, 'use_dpop_nonce', `nonce-${number}`),
    )
    const { source } = await setupCaller([url])
    const response = await source.fetch(url)
    expect([response.status, await response.text()]).toEqual([401, 'refused'])
    expect(calls).toHaveLength(2)
  })

  it.each<[string, string | undefined]>([
    ['no nonce', undefined],
    ['an invalid nonce', 'a"b'],
  ])(
    'source.fetch() does not repeat a request if the use_dpop_nonce response has %s',
    async (_case, nonce) => {
      const { url, calls } = await createApi((_call, _number, response) =>
        refuse(response, 'use_dpop_nonce', nonce),
      )
      const { source } = await setupCaller([url])
      expect((await source.fetch(url)).status).toBe(401)
      expect(calls).toHaveLength(1)
    },
  )

  it.each(['Bearer error="use_dpop_nonce"', 'DPoP algs="ES256"'])(
    'source.fetch() does not repeat a request after the challenge %s',
    async (given) => {
      const { url, calls } = await createApi((_call, _number, response) =>
        response.writeHead(401, { 'WWW-Authenticate': given, 'DPoP-Nonce': 'nonce-1' }).end(),
      )
      const { source } = await setupCaller([url])
      expect((await source.fetch(url)).status).toBe(401)
      expect(calls).toHaveLength(1)
    },
  )

  it('source.fetch() returns the use_dpop_nonce response if the body of the request is a stream, and sends the nonce in the next request', async () => {
    const { url, calls, readNonces } = await createApi(requireNonce(() => 'nonce-1'))
    const { source } = await setupCaller([url])
    const send = () => {
      const body = new Blob(['hello']).stream()
      return source.fetch(url, { method: 'POST', body, duplex: 'half' } as RequestInit)
    }
    expect((await send()).status).toBe(401)
    expect((await send()).status).toBe(200)
    expect(await readNonces()).toEqual([undefined, 'nonce-1'])
    expect(calls.map(({ body }) => body)).toEqual(['hello', 'hello'])
  })

  it('source.fetch() sends each API its own nonce, and never the nonce of the authorization server', async () => {
    const one = await createApi(requireNonce(() => 'nonce-of-one'))
    const two = await createApi(requireNonce(() => 'nonce-of-two'))
    const { source, server } = await setup(
      ({ number, response }) => {
        response.setHeader('DPoP-Nonce', 'nonce-of-the-server')
        return grant(number, { token_type: 'DPoP' })
      },
      { dpop: true, allowedOrigins: [one.url, two.url] },
    )
    for (const { url } of [one, two, one, two]) await source.fetch(url)
    await source.getToken({ scope: 'admin' })
    const own = [undefined, 'nonce-of-one', 'nonce-of-one']
    expect(await one.readNonces()).toEqual(own)
    expect(await two.readNonces()).toEqual(own.map((nonce) => nonce?.replace('one', 'two')))
    const { claims } = await verifyProof(server.requests[1]!.headers['dpop'])
    expect(claims['nonce']).toBe('nonce-of-the-server')
  })

  it('source.fetch() sends an API its own nonce, even if the authorization server has the same origin', async () => {
    const server = closing(
      await createTokenServer(async (request) => {
        const { claims } = await verifyProof(request.headers['dpop'])
        const isApi = request.url === '/token/api'
        const nonce = isApi ? 'nonce-of-the-api' : 'nonce-of-the-server'
        request.response.setHeader('DPoP-Nonce', nonce)
        if (!isApi) return grant(request.number, { token_type: 'DPoP' })
        if (claims['nonce'] === nonce) return {}
        return refuse(request.response, 'use_dpop_nonce')
      }),
    )
    const { source } = await setup(undefined, { server, dpop: true, allowedOrigins: [server.url] })
    expect((await source.fetch(`${server.url}/token/api`)).status).toBe(200)
    expect(server.requests.map(({ url }) => url)).toEqual(['/token', '/token/api', '/token/api'])
  })

  it(`source.fetch() remembers the nonces of at most ${NONCES_AT_MOST} origins`, async () => {
    const seen = new Map<string, unknown[]>()
    const origins = Array.from(
      { length: NONCES_AT_MOST + 1 },
      (_, i) => `https://a${i}.example.com`,
    )
    const { source } = await setupCaller(origins, {
      resourceFetch: async (input, init) => {
        const { origin } = new URL(input as string)
        const { claims } = await verifyProof(new Headers(init?.headers).get('dpop'))
        seen.set(origin, [...(seen.get(origin) ?? []), claims['nonce']])
        return new Response('', { headers: { 'DPoP-Nonce': origin } })
      },
    })
    for (const origin of [...origins, origins.at(-1)!, origins[1]!, origins[0]!])
      await source.fetch(origin)
    expect(seen.get(origins.at(-1)!)).toEqual([undefined, origins.at(-1)])
    expect(seen.get(origins[1]!)).toEqual([undefined, origins[1]])
    expect(seen.get(origins[0]!)).toEqual([undefined, undefined])
  })

  it('source.fetch() sends no nonce after an invalid_dpop_proof response without DPoP-Nonce, because the API may no longer support nonces', async () => {
    const { url, readNonces } = await createApi((_call, number, response) => {
      if (number === 2) refuse(response, 'invalid_dpop_proof')
      else response.writeHead(200, number === 1 ? { 'DPoP-Nonce': 'nonce-1' } : {}).end()
    })
    const { source } = await setupCaller([url])
    const responses = [await source.fetch(url), await source.fetch(url), await source.fetch(url)]
    expect(responses.map(({ status }) => status)).toEqual([200, 401, 200])
    expect(await readNonces()).toEqual([undefined, 'nonce-1', undefined])
  })

  it('source.fetch() rejects with the reason of its signal if the signal is aborted before the retry', async () => {
    const abort = new AbortController()
    const { source } = await setupCaller([API], {
      resourceFetch: async () => {
        abort.abort(new Error('enough'))
        const headers = { 'WWW-Authenticate': challenge('use_dpop_nonce'), 'DPoP-Nonce': 'n' }
        return new Response('', { status: 401, headers })
      },
    })
    await expect(source.fetch(API, { signal: abort.signal })).rejects.toThrow('enough')
  })
})

describe('a DPoP token that an API rejects', () => {
  it('source.fetch() replaces a token after invalid_token in a DPoP challenge', async () => {
    const { url, calls } = await createApi(({ authorization }, _number, response) =>
      authorization === 'DPoP token-1' ? refuse(response, 'invalid_token') : response.end('hi'),
    )
    const { source } = await setupCaller([url])
    expect((await source.fetch(url)).status).toBe(200)
    expect(calls.map(({ authorization }) => authorization)).toEqual([
      'DPoP token-1',
      'DPoP token-2',
    ])
    const [first, second] = await Promise.all(calls.map(({ proof }) => verifyProof(proof)))
    expect(second!.claims['ath']).not.toBe(first!.claims['ath'])
    expect(second!.thumbprint).toBe(first!.thumbprint)
  })

  it('source.fetch() sends at most three requests: one more for a nonce and one more for a token', async () => {
    const { url, calls } = await createApi((_call, number, response) =>
      refuse(response, number % 2 === 1 ? 'use_dpop_nonce' : 'invalid_token', `nonce-${number}`),
    )
    const { source } = await setupCaller([url])
    expect((await source.fetch(url)).status).toBe(401)
    expect(calls.map(({ authorization }) => authorization)).toEqual([
      'DPoP token-1',
      'DPoP token-1',
      'DPoP token-2',
    ])
  })

  it('source.fetch() repeats the request with a nonce after it replaced the token', async () => {
    const errors = ['invalid_token', 'use_dpop_nonce']
    const { url, calls, readNonces } = await createApi((_call, number, response) => {
      const error = errors[number - 1]
      if (error === undefined) response.end('welcome')
      else refuse(response, error, error === 'use_dpop_nonce' ? 'nonce-1' : undefined)
    })
    const { source } = await setupCaller([url])
    expect((await source.fetch(url)).status).toBe(200)
    expect(calls).toHaveLength(3)
    expect(await readNonces()).toEqual([undefined, undefined, 'nonce-1'])
  })

  it.each(['invalid_token', 'any401'] as const)(
    'source.fetch() with retryOn %s returns the 401 after invalid_dpop_proof, without a retry and without a new token',
    async (retryOn) => {
      const { url, calls } = await createApi((_call, number, response) =>
        refuse(response, 'invalid_dpop_proof', `nonce-${number}`),
      )
      const { source, server } = await setupCaller([url], { retryOn })
      for (let call = 1; call < 4; call++) {
        expect((await source.fetch(url)).status).toBe(401)
        expect(calls).toHaveLength(call)
      }
      expect(server.requests).toHaveLength(1)
    },
  )

  it('source.fetch() with retryOn any401 replaces the token after a 401 without an error', async () => {
    const { url } = await createApi(({ authorization }, _number, response) =>
      response.writeHead(authorization === 'DPoP token-1' ? 401 : 200).end(),
    )
    const { source } = await setupCaller([url], { retryOn: 'any401' })
    expect((await source.fetch(url)).status).toBe(200)
  })
})

describe('source.headers()', () => {
  it('source.headers() with dpop returns the scheme DPoP and a proof for the request', async () => {
    const { source } = await setupCaller([API])
    const headers = await source.headers({ method: 'patch', url: `${API}/a?b#c` })
    expect(Object.keys(headers)).toEqual(['Authorization', 'DPoP'])
    expect(headers.Authorization).toBe('DPoP token-1')
    const { claims } = await verifyProof(headers['DPoP'])
    const ath = createHash('sha256').update('token-1').digest('base64url')
    expect(claims).toMatchObject({ htm: 'PATCH', htu: `${API}/a`, ath })
    const next = await source.headers({ url: new URL(`${API}/a`) })
    expect((await verifyProof(next['DPoP'])).claims).toMatchObject({ htm: 'GET' })
    expect(next['DPoP']).not.toBe(headers['DPoP'])
  })

  it('source.headers() without dpop returns the scheme Bearer and no proof', async () => {
    const { source } = await setup()
    expect(await source.headers({ url: API })).toEqual({ Authorization: 'Bearer token-1' })
    const other = await source.headers({ url: API, scope: 'admin' })
    expect(other).toEqual({ Authorization: 'Bearer token-2' })
  })

  it('source.headers() remembers the member nonce for the origin of url, and ignores a value that is not a nonce', async () => {
    const { source } = await setupCaller([API, 'https://other.example.com'])
    const getNonce = async (request: { url: string; nonce?: string }) =>
      (await verifyProof((await source.headers(request))['DPoP'])).claims['nonce']
    expect(await getNonce({ url: API, nonce: 'nonce-1' })).toBe('nonce-1')
    expect(await getNonce({ url: `${API}/b` })).toBe('nonce-1')
    expect(await getNonce({ url: API, nonce: 'not a nonce' })).toBe('nonce-1')
    expect(await getNonce({ url: 'https://other.example.com' })).toBe(undefined)
  })

  it('source.headers() rejects with origin_not_allowed for an origin that is not allowed, and requests no token', async () => {
    const { source, server } = await setup(undefined, { dpop: true })
    const error = { code: 'origin_not_allowed', detail: 'https://evil.example.com' }
    await expect(source.headers({ url: 'https://evil.example.com/a' })).rejects.toMatchObject(error)
    expect(server.requests).toEqual([])
  })

  it.each<[object | undefined, string]>([
    [undefined, 'url must be the absolute URL of the request'],
    [{}, 'url must be the absolute URL of the request'],
    [{ url: '/reports' }, 'url must be the absolute URL of the request'],
    [{ url: 'https://user@api.example.com' }, 'without a user name'],
    [{ url: API, method: 'GET /' }, "method must be an HTTP method, such as 'GET'"],
    [{ url: API, method: 7 }, 'method must be an HTTP method'],
    [{ url: API, nonce: null }, 'nonce must be the value of DPoP-Nonce in a response'],
    [{ url: API, headers: {} }, 'headers is not an option'],
  ])('source.headers(%o) rejects with ConfigurationError', async (request, problem) => {
    const { source } = await setup(undefined, { dpop: true })
    await expect(source.headers(request as never)).rejects.toThrow(problem)
  })

  it('source.headers() rejects when its signal is aborted while it waits for a token', async () => {
    const { source, server } = await setup(() => undefined)
    const abort = new AbortController()
    const waiting = source.headers({ url: API, signal: abort.signal })
    await server.received(1)
    abort.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
  })

  it('invalidate() accepts the value of an Authorization header, and removes its token from the cache', async () => {
    const { source } = await setupCaller([API])
    const { Authorization } = await source.headers({ url: API })
    expect(source.invalidate(Authorization)).toBe(true)
    expect((await source.getToken()).value).toBe('token-2')
  })

  it('the key of dpop is generated when the first token is requested, not at construction', async () => {
    const { generateKey } = crypto.subtle
    let generated = 0
    closing({ close: () => void (crypto.subtle.generateKey = generateKey) })
    crypto.subtle.generateKey = ((...args: Parameters<typeof generateKey>) => {
      generated++
      return generateKey.apply(crypto.subtle, args)
    }) as typeof generateKey
    const { server } = await setup(({ number }) => grant(number, { token_type: 'DPoP' }))
    const source = closing(
      clientCredentials({
        issuer: server.url,
        clientId: 'orders',
        clientAuthentication: { method: 'client_secret_basic', secret: 'a-secret' },
        dpop: true,
      }),
    )
    expect(generated).toBe(0)
    await source.getToken()
    await source.getToken({ scope: 'other' })
    expect(generated).toBe(1)
  })
})
