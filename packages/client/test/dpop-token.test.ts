import { decodeProtectedHeader } from 'jose'
import { describe, expect, it } from 'vitest'
import { verifyProof } from '../../../test/support/proofs.ts'
import type { TokenError } from '../src/index.ts'
import { setup, SECRET } from './setup.ts'
import { grant, type ReceivedRequest, respondWithError, type Script } from './token-server.ts'

/** Grants `token-1`, `token-2` and so on as DPoP tokens. */
const grantBound: Script = ({ number }: ReceivedRequest) => grant(number, { token_type: 'DPoP' })

/** Returns the claims of the proofs that the token endpoint has received. */
const readClaims = (requests: readonly ReceivedRequest[]) =>
  Promise.all(requests.map(async ({ headers }) => (await verifyProof(headers['dpop'])).claims))

/** Creates a script that requires the first of these nonces. A request without it gets an error response with this nonce. */
const requireNonces = (nonces: readonly string[]): Script => {
  let current = 0
  return async (request: ReceivedRequest) => {
    const { claims } = await verifyProof(request.headers['dpop'])
    if (claims['nonce'] === nonces[current]) return grant(request.number, { token_type: 'DPoP' })
    const headers = { 'DPoP-Nonce': nonces[current]! }
    return respondWithError('use_dpop_nonce', { headers })(request)
  }
}

describe('a token request with dpop', () => {
  it('getToken() sends a proof with typ, alg, jwk, jti, htm, htu and iat, and nothing else', async () => {
    const { server, source, clock } = await setup(grantBound, { dpop: true })
    const token = await source.getToken()
    expect(token).toMatchObject({ value: 'token-1', type: 'DPoP' })
    const { header, claims } = await verifyProof(server.requests[0]!.headers['dpop'])
    expect(header).toEqual({
      typ: 'dpop+jwt',
      alg: 'ES256',
      jwk: { kty: 'EC', crv: 'P-256', x: expect.any(String), y: expect.any(String) },
    })
    expect(claims).toEqual({
      jti: expect.stringMatching(/^[\w-]{22}$/),
      htm: 'POST',
      htu: `${server.url}/token`,
      iat: Math.floor(clock.now() / 1000),
    })
  })

  it('the htu of a proof has no query', async () => {
    const { server, source } = await setup(grantBound, { dpop: true })
    const { url } = server
    const more = { server, issuer: undefined!, tokenEndpoint: `${url}/token?tenant=a`, dpop: true }
    const other = await setup(undefined, { ...more, dpop: true })
    await Promise.all([source.getToken(), other.source.getToken()])
    expect(server.requests.map((request) => request.url).sort()).toEqual([
      '/token',
      '/token?tenant=a',
    ])
    for (const { htu } of await readClaims(server.requests)) expect(htu).toBe(`${url}/token`)
  })

  it('concurrent first requests of a source have proofs with the same key and different jti', async () => {
    const { server, source } = await setup(grantBound, { dpop: true })
    await Promise.all(['a', 'b', 'c', 'd'].map((scope) => source.getToken({ scope })))
    const proofs = await Promise.all(
      server.requests.map(({ headers }) => verifyProof(headers['dpop'])),
    )
    expect(new Set(proofs.map(({ thumbprint }) => thumbprint)).size).toBe(1)
    expect(new Set(proofs.map(({ claims }) => claims.jti)).size).toBe(4)
  })

  it('two sources have different keys', async () => {
    const [one, two] = [
      await setup(grantBound, { dpop: true }),
      await setup(grantBound, { dpop: true }),
    ]
    await Promise.all([one.source.getToken(), two.source.getToken()])
    const proofs = await Promise.all(
      [one, two].map(({ server }) => verifyProof(server.requests[0]!.headers['dpop'])),
    )
    expect(proofs[0]!.thumbprint).not.toBe(proofs[1]!.thumbprint)
  })

  it('a source without dpop sends no proof and ignores DPoP-Nonce', async () => {
    const { server, source } = await setup(
      respondWithError('use_dpop_nonce', { headers: { 'DPoP-Nonce': 'n-1' } }),
      { maxWait: 0 },
    )
    await expect(source.getToken()).rejects.toMatchObject({ code: 'use_dpop_nonce' })
    expect(server.requests.map(({ headers }) => headers['dpop'])).toEqual([undefined])
  })

  it('a token request is retried with a new proof after its connection is reset', async () => {
    const { server, source } = await setup(
      (request) => {
        if (request.number > 1) return grant(request.number, { token_type: 'DPoP' })
        return void request.response.socket!.resetAndDestroy()
      },
      { dpop: true },
    )
    await source.getToken()
    const [first, second] = await readClaims(server.requests)
    expect(first!.jti).not.toBe(second!.jti)
  })
})

describe('nonces of the authorization server', () => {
  it('getToken() repeats the request once with the nonce of a use_dpop_nonce response, and remembers the nonce', async () => {
    const { server, source, events } = await setup(requireNonces(['nonce-1']), {
      dpop: true,
      maxWait: 0,
    })
    expect((await source.getToken()).value).toBe('token-2')
    await source.getToken({ scope: 'admin' })
    const nonces = (await readClaims(server.requests)).map(({ nonce }) => nonce)
    expect(nonces).toEqual([undefined, 'nonce-1', 'nonce-1'])
    expect(events.map(({ type }) => type)).toEqual(['token_issued', 'token_issued'])
  })

  it('getToken() uses the nonce of a response with status 200 for the next request', async () => {
    const { server, source } = await setup(
      ({ number, response }) => {
        response.setHeader('DPoP-Nonce', `nonce-${number}`)
        return grant(number, { token_type: 'DPoP' })
      },
      { dpop: true },
    )
    for (const scope of ['a', 'b', 'c']) await source.getToken({ scope })
    const nonces = (await readClaims(server.requests)).map(({ nonce }) => nonce)
    expect(nonces).toEqual([undefined, 'nonce-1', 'nonce-2'])
  })

  it('getToken() authenticates again when it repeats a request with a nonce, because a server accepts an assertion only once', async () => {
    let calls = 0
    const { server, source } = await setup(requireNonces(['nonce-1']), {
      dpop: true,
      clientAuthentication: {
        method: 'private_key_jwt',
        assertion: () => `assertion-${++calls}`,
      },
    })
    await source.getToken()
    const assertions = server.requests.map(({ form }) => form.get('client_assertion'))
    expect(assertions).toEqual(['assertion-1', 'assertion-2'])
  })

  it('getToken() rejects with use_dpop_nonce after one retry if the server sends another nonce each time', async () => {
    const { server, source } = await setup(
      (request) => {
        const headers = { 'DPoP-Nonce': `nonce-${request.number}` }
        return respondWithError('use_dpop_nonce', { headers })(request)
      },
      { dpop: true, maxWait: 0 },
    )
    await expect(source.getToken()).rejects.toMatchObject({
      code: 'use_dpop_nonce',
      fault: 'server',
      serverStatus: 400,
    })
    expect(server.requests).toHaveLength(2)
  })

  it.each<[string, Record<string, string>]>([
    ['no nonce', {}],
    ['an invalid nonce', { 'DPoP-Nonce': 'a b' }],
    ['an empty nonce', { 'DPoP-Nonce': '' }],
    ['a nonce of 1025 characters', { 'DPoP-Nonce': 'n'.repeat(1025) }],
  ])(
    'getToken() does not repeat the request if the use_dpop_nonce response has %s',
    async (_case, headers) => {
      const { server, source } = await setup(respondWithError('use_dpop_nonce', { headers }), {
        dpop: true,
        maxWait: 0,
      })
      await expect(source.getToken()).rejects.toMatchObject({ code: 'use_dpop_nonce' })
      expect(server.requests).toHaveLength(1)
    },
  )

  it('getToken() does not repeat the request if the use_dpop_nonce response has the same nonce as the request', async () => {
    const { server, source } = await setup(
      (request) => {
        request.response.setHeader('DPoP-Nonce', 'nonce-1')
        if (request.number === 1) return grant(1, { token_type: 'DPoP' })
        return respondWithError('use_dpop_nonce')(request)
      },
      { dpop: true, maxWait: 0 },
    )
    await source.getToken()
    await expect(source.getToken({ scope: 'b' })).rejects.toMatchObject({ code: 'use_dpop_nonce' })
    expect(server.requests).toHaveLength(2)
  })

  it('getToken() sends no nonce after an invalid_dpop_proof response without DPoP-Nonce, because the server may no longer support nonces', async () => {
    const { server, source, clock } = await setup(
      async (request) => {
        if (request.number === 1) request.response.setHeader('DPoP-Nonce', 'nonce-1')
        const { claims } = await verifyProof(request.headers['dpop'])
        if (claims['nonce'] === undefined) return grant(request.number, { token_type: 'DPoP' })
        return respondWithError('invalid_dpop_proof')(request)
      },
      { dpop: true },
    )
    await source.getToken()
    const rejected = { code: 'invalid_dpop_proof' }
    await expect(source.getToken({ scope: 'a' })).rejects.toMatchObject(rejected)
    // The server would refuse a request for any target, so the backoff applies to the whole source.
    await expect(source.getToken({ scope: 'b' })).rejects.toMatchObject(rejected)
    clock.advance(1)
    expect((await source.getToken({ scope: 'b' })).value).toBe('token-3')
    expect(server.requests).toHaveLength(3)
  })

  it('getToken() does not repeat the request after invalid_dpop_proof', async () => {
    const { server, source, clock } = await setup(
      respondWithError('invalid_dpop_proof', { headers: { 'DPoP-Nonce': 'nonce-1' } }),
      { dpop: true },
    )
    const proofRejected = { code: 'invalid_dpop_proof', fault: 'configuration', isTransient: false }
    await expect(source.getToken()).rejects.toMatchObject(proofRejected)
    await expect(source.getToken()).rejects.toMatchObject(proofRejected)
    expect(server.requests).toHaveLength(1)
    clock.advance(60)
    await expect(source.getToken()).rejects.toMatchObject(proofRejected)
    expect(server.requests).toHaveLength(2)
  })
})

describe('the type of a token with dpop', () => {
  it.each(['DPoP', 'dpop', 'DPOP'])('getToken() accepts the token_type %s', async (token_type) => {
    const { source } = await setup(grant(1, { token_type }), { dpop: true })
    expect((await source.getToken()).type).toBe('DPoP')
  })

  it.each<[unknown, string]>([
    ['Bearer', 'token_type is Bearer, not DPoP'],
    ['opaque-secret', 'token_type is not DPoP'],
    [undefined, 'token_type is missing'],
    [null, 'token_type is missing'],
  ])('getToken() rejects with token_not_bound if token_type is %s', async (token_type, problem) => {
    const { source, server } = await setup(grant(1, { token_type }), { dpop: true, maxWait: 60 })
    await expect(source.getToken()).rejects.toMatchObject({
      code: 'token_not_bound',
      fault: 'configuration',
      detail: `${server.url}/token: ${problem}`,
    })
    expect(server.requests).toHaveLength(1)
  })

  it('getToken() without dpop rejects with unsupported_token_type if token_type is DPoP', async () => {
    const { source } = await setup(grantBound)
    await expect(source.getToken()).rejects.toMatchObject({ code: 'unsupported_token_type' })
  })
})

describe('secrets of proofs', () => {
  it('errors and events contain no part of a proof, and no nonce', async () => {
    const { source, events, server } = await setup(
      (request) => {
        const description = `${request.headers['dpop'] as string} nonce-of-the-server-1`
        return respondWithError('use_dpop_nonce', {
          headers: { 'DPoP-Nonce': `nonce-of-the-server-${request.number}` },
          error_description: description.slice(-200),
        })(request)
      },
      { dpop: true, maxWait: 0 },
    )
    const error = (await source.getToken().catch((thrown: Error) => thrown)) as TokenError
    expect(error.detail).toBe(`${server.url}/token: status 400, use_dpop_nonce`)
    expect(JSON.stringify([events, error])).not.toMatch(/nonce-of|eyJ/)
  })

  it('the detail of an invalid_dpop_proof error contains no part of the proof', async () => {
    const { source, server } = await setup(
      (request) =>
        respondWithError('invalid_dpop_proof', {
          error_description: `bad proof ${(request.headers['dpop'] as string).slice(-60)}`,
        })(request),
      { dpop: true, maxWait: 0 },
    )
    const detail = `${server.url}/token: status 400, invalid_dpop_proof`
    await expect(source.getToken()).rejects.toMatchObject({ detail })
    const [{ headers }] = server.requests as [ReceivedRequest]
    expect(decodeProtectedHeader(headers['dpop'] as string)['jwk']).not.toHaveProperty('d')
    expect(headers.authorization).toBe(`Basic ${btoa(`orders:${SECRET}`)}`)
  })
})
