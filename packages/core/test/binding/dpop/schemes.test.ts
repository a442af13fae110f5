import { type DpopOptions, memoryReplay, type Refused, type RequestLike } from '@bearward/core'
import { describe, expect, it } from 'vitest'
import { requestWith } from '../../../../../test/support/requests.ts'
import { createProof, generateProofKey, proving } from '../../../../../test/support/proofs.ts'
import { setup, summarize, TARGET } from './setup.ts'

const ALGS = 'algs="ES256 EdDSA Ed25519 PS256 RS256"'

const plain = (lines: readonly string[]): RequestLike => ({
  method: 'GET',
  url: TARGET,
  headers: {},
  rawHeaders: lines,
})

/** Returns the challenges of the outcome, one for each line. */
function toChallenges(outcome: unknown): readonly string[] {
  const { headers } = outcome as Refused
  return [headers['WWW-Authenticate'] ?? []].flat()
}

describe('the schemes of an API that accepts DPoP', () => {
  it('9449-17: authorize refuses a bound token without a proof, with a DPoP challenge', async () => {
    const { authorize, request } = setup()
    const outcome = await authorize(request([]))
    expect(summarize(outcome)).toBe('401 no_proof')
    expect(toChallenges(outcome)).toEqual([
      'Bearer realm="api"',
      `DPoP realm="api", error="invalid_dpop_proof", error_description="A DPoP proof is required.", ${ALGS}`,
    ])
  })

  it('9449-18: authorize refuses an unbound token with the scheme DPoP', async () => {
    const { authorize, issuer, prove } = setup()
    const outcome = await authorize(proving(issuer.token(), prove(), { url: TARGET }))
    expect(summarize(outcome)).toBe('401 wrong_scheme')
    expect(toChallenges(outcome)[1]).toContain('error="invalid_token"')
    expect(toChallenges(outcome)[0]).not.toContain('error')
  })

  it('9449-19: authorize refuses a bound token with the scheme Bearer, with and without a proof', async () => {
    const { authorize, token, prove } = setup()
    const lines = ['Authorization', `Bearer ${token}`]
    for (const more of [[], ['DPoP', prove()]]) {
      const outcome = await authorize(plain([...lines, ...more]))
      expect(summarize(outcome)).toBe('401 wrong_scheme')
      expect(toChallenges(outcome)).toEqual([
        'Bearer realm="api", error="invalid_token", error_description="The access token does not fit the authentication scheme."',
        `DPoP ${ALGS}`,
      ])
    }
  })

  it.each<[string, unknown]>([
    ['is { jkt: 1 }', { jkt: 1 }],
    ['is a text', 'x'],
    ['is an array', []],
    ['is an empty object', {}],
    ['has an unknown member', { kid: 'x' }],
    ['has jkt and an unknown member', { jkt: 'a'.repeat(43), kid: 'x' }],
  ])('9449-20: authorize refuses a token whose cnf %s, with both schemes', async (_, cnf) => {
    const { authorize, issuer, prove } = setup()
    const token = issuer.token({ claims: { cnf } })
    expect(summarize(await authorize(requestWith(token)))).toBe('401 unsupported_binding')
    expect(summarize(await authorize(proving(token, prove())))).toBe('401 unsupported_binding')
  })

  it('8705-10, 8705-11: authorize without the option mtls refuses a token that is bound to a key and a certificate, even if the proof is valid', async () => {
    const { authorize, issuer, key, clock, events } = setup()
    const cnf = { jkt: key.thumbprint, 'x5t#S256': 'a'.repeat(43) }
    const token = issuer.token({ claims: { cnf } })
    const proof = createProof({
      key,
      token,
      url: `https://api.example.com${TARGET}`,
      now: clock.seconds(),
    })
    expect(summarize(await authorize(proving(token, proof, { url: TARGET })))).toBe(
      '401 unsupported_binding',
    )
    expect(events.at(-1)).toMatchObject({
      found: 'a token bound to a client certificate (x5t#S256)',
    })
  })

  it('9449-21: authorize refuses Bearer and DPoP lines in one request, and both challenges have the error', async () => {
    const { authorize, token, prove } = setup()
    for (const lines of [
      ['Authorization', `Bearer ${token}`, 'Authorization', `DPoP ${token}`, 'DPoP', prove()],
      ['Authorization', `Bearer ${token}, DPoP ${token}`, 'DPoP', prove()],
      ['Authorization', `DPoP ${token}, Bearer ${token}`, 'DPoP', prove()],
    ]) {
      const outcome = await authorize(plain(lines))
      expect(summarize(outcome)).toBe('400 multiple_credentials')
      expect(toChallenges(outcome)).toEqual([
        expect.stringMatching(/^Bearer realm="api", error="invalid_request"/),
        expect.stringMatching(/^DPoP error="invalid_request".*algs=/),
      ])
    }
  })

  it('9449-22, 9449-25: authorize answers a request without credentials with both challenges, without an error', async () => {
    const { authorize } = setup({ algorithms: ['ES256', 'PS256'] })
    const outcome = await authorize(plain([]), { scope: 'read' })
    expect(toChallenges(outcome)).toEqual([
      'Bearer realm="api", scope="read"',
      'DPoP algs="ES256 PS256"',
    ])
  })

  it('9449-23: authorize puts the error of a Bearer token only into the Bearer challenge', async () => {
    const { authorize, issuer } = setup()
    const expired = issuer.token({ claims: { exp: 1 } })
    for (const token of [expired, 'x'.repeat(20_000), 'a b']) {
      const challenges = toChallenges(await authorize(requestWith(token)))
      expect(challenges[0]).toContain('error=')
      expect(challenges[1]).toBe(`DPoP ${ALGS}`)
    }
  })

  it('9449-24: authorize puts the error of a proof, and of a token with the scheme DPoP, only into the DPoP challenge', async () => {
    const { authorize, request, issuer, key, prove } = setup()
    const cnf = { jkt: key.thumbprint }
    for (const one of [
      request('x'),
      proving(issuer.token({ claims: { exp: 1, cnf } }), prove()),
      plain(['Authorization', `DPoP ${'x'.repeat(20_000)}`]),
      plain(['Authorization', 'DPoP a b']),
      plain(['Authorization', 'DPoP']),
    ]) {
      const challenges = toChallenges(await authorize(one))
      expect(challenges[0]).toBe('Bearer realm="api"')
      expect(challenges[1]).toMatch(/^DPoP realm="api", error="/)
    }
  })

  it('authorize puts the scope of a 403 only into the challenge of the scheme that the request has', async () => {
    const { authorize, request } = setup()
    const outcome = await authorize(request(), { scope: 'admin' })
    expect(toChallenges(outcome)).toEqual([
      'Bearer realm="api"',
      expect.stringMatching(/^DPoP realm="api", error="insufficient_scope".*scope="admin"/),
    ])
  })

  it('9449-26: authorize does not read Proxy-Authorization', async () => {
    const { authorize, token, prove } = setup()
    const lines = ['Proxy-Authorization', `DPoP ${token}`, 'DPoP', prove()]
    expect(summarize(await authorize(plain(lines)))).toBe('401 no_credentials')
  })

  it.each(['DPoP', 'dpop', 'DPOP'])(
    '9449-27: authorize accepts the scheme %s, and ignores the case of header names',
    async (scheme) => {
      const { authorize, token, prove } = setup()
      for (const names of [
        ['Authorization', 'DPoP'],
        ['authorization', 'dpop'],
        ['AUTHORIZATION', 'DPOP'],
      ]) {
        const lines = [names[0]!, `${scheme}  ${token}`, names[1]!, prove()]
        expect(summarize(await authorize(plain(lines)))).toBe('granted')
      }
    },
  )

  it('9449-50: an API that requires DPoP refuses the scheme Bearer, with only a DPoP challenge', async () => {
    const { authorize, request, issuer, token } = setup(
      { mode: 'required' },
      { resource: 'https://api.example.com', metadata: {} },
    )
    const challenge = `DPoP realm="api", resource_metadata="https://api.example.com/.well-known/oauth-protected-resource", ${ALGS}`
    for (const one of [requestWith(issuer.token()), requestWith(token), plain([])])
      expect(toChallenges(await authorize(one))).toEqual([challenge])
    expect(summarize(await authorize(requestWith(issuer.token())))).toBe('401 unsupported_scheme')
    expect(summarize(await authorize(request()))).toBe('granted')
  })

  it('9449-51: authorize grants an unbound Bearer token, and ignores a DPoP header in the same request', async () => {
    const { authorize, issuer, events } = setup()
    for (const proof of ['garbage', '', 'a.b.c']) {
      const lines = ['Authorization', `Bearer ${issuer.token()}`, 'DPoP', proof]
      const outcome = await authorize(plain(lines))
      expect(outcome).toMatchObject({ kind: 'granted', token: { bindings: [] }, headers: {} })
    }
    expect(events.filter(({ type }) => type === 'degraded')).toEqual([])
  })

  it("a guard with the requirement bound refuses unbound tokens, and guard() throws for bound: 'mtls' without the option mtls", async () => {
    const { authorize, request, issuer, server } = setup()
    for (const bound of [true, 'dpop'] as const) {
      expect(summarize(await authorize(requestWith(issuer.token()), { bound }))).toBe(
        '401 unbound_token',
      )
      expect(summarize(await authorize(request(), { bound }))).toBe('granted')
    }
    expect(() => server.guard({ bound: 'mtls' })).toThrow('bound requires the option mtls')
    expect(() => server.guard({ bound: false as never })).toThrow(
      "bound must be true, 'dpop' or 'mtls'",
    )
  })

  it('an API without the option dpop refuses the scheme DPoP and bound tokens', async () => {
    const { authorize, request, token } = setup(undefined, {
      dpop: undefined,
      publicUrl: undefined,
    } as never)
    expect(summarize(await authorize(request()))).toBe('401 unsupported_scheme')
    expect(summarize(await authorize(requestWith(token)))).toBe('401 unsupported_binding')
  })

  it('9728-12: the metadata document contains the algorithms of proofs, and states whether bound tokens are required', async () => {
    const read = async (dpop: Partial<DpopOptions>) => {
      const { server } = setup(dpop, { resource: 'https://api.example.com', metadata: {} })
      const response = await server.metadata()({
        method: 'GET',
        url: '/.well-known/oauth-protected-resource',
      })
      return JSON.parse(response!.body) as object
    }
    expect(await read({})).toMatchObject({
      dpop_signing_alg_values_supported: ['ES256', 'EdDSA', 'Ed25519', 'PS256', 'RS256'],
    })
    expect(await read({})).not.toHaveProperty('dpop_bound_access_tokens_required')
    expect(await read({ mode: 'required', algorithms: ['ES256'] })).toMatchObject({
      dpop_signing_alg_values_supported: ['ES256'],
      dpop_bound_access_tokens_required: true,
    })
  })
})

describe('verify() of an API that accepts DPoP', () => {
  it('verify(token) refuses a bound token, and verify(token, { request }) checks its proof', async () => {
    const { server, token, request, issuer, events } = setup()
    expect(summarize(await server.verify(token))).toBe('401 unsupported_binding')
    expect(events.at(-1)).toMatchObject({
      advice: expect.stringContaining('In your code: pass the request to verify'),
    })
    expect(await server.verify(token, { request: request() })).toMatchObject({
      kind: 'granted',
      token: { bindings: ['dpop'] },
    })
    expect(summarize(await server.verify(token, { request: request([]) }))).toBe('401 no_proof')
    expect(await server.verify(issuer.token())).toMatchObject({
      kind: 'granted',
      token: { bindings: [] },
    })
  })

  it('verify(token, { request }) refuses a proof of another key, and a used proof', async () => {
    const { server, token, request, prove } = setup()
    const other = request(prove({ key: generateProofKey() }))
    expect(summarize(await server.verify(token, { request: other }))).toBe('401 wrong_proof_key')
    const proof = prove()
    expect(summarize(await server.verify(token, { request: request(proof) }))).toBe('granted')
    expect(summarize(await server.verify(token, { request: request(proof) }))).toBe(
      '401 proof_used',
    )
  })

  it.each([
    undefined,
    null,
    {},
    [],
    'x',
    7,
    { request: undefined },
    { request: null },
    { req: {} },
    { request: {}, more: 1 },
  ])('verify(token, %j) throws, so that a request in the wrong place is not ignored', (options) => {
    const { server, issuer } = setup()
    expect(() => server.verify(issuer.token(), options as never)).toThrow(TypeError)
  })
})

describe('the options dpop and publicUrl', () => {
  const configure =
    (dpop: unknown, more: object = {}) =>
    () =>
      setup(dpop as never, { dpop, ...more } as never)
  const replay = memoryReplay()
  const nonce = { secrets: ['s'.repeat(32)] }

  it.each<[string, unknown, object?]>([
    ['dpop.replay is missing: set memoryReplay() for one process', {}],
    ['dpop must be an object { replay }', true],
    ['dpop must be an object { replay }', null],
    [
      "dpop.replay must be a replay store such as memoryReplay(), or 'nonce-only', not another text",
      { replay: 'memory' },
    ],
    ['dpop.replay must be a replay store', { replay: memoryReplay }],
    ['dpop.replay must be a replay store', { replay: {} }],
    ["dpop.replay 'nonce-only' requires dpop.nonce", { replay: 'nonce-only' }],
    ["dpop.whenReplayUnknown 'nonce' requires dpop.nonce", { replay, whenReplayUnknown: 'nonce' }],
    [
      "dpop.whenReplayUnknown has no effect with dpop.replay 'nonce-only'",
      { replay: 'nonce-only', nonce, whenReplayUnknown: 'allow' },
    ],
    ["dpop.mode 'required' requires metadata", { replay, mode: 'required' }],
    ["dpop.mode must be 'accept' or 'required'", { replay, mode: 'require' }],
    [
      'dpop.algorithms must be an array of signature algorithms such as ES256, without HMAC',
      { replay, algorithms: ['HS256'] },
    ],
    ['dpop.algorithms must be', { replay, algorithms: [] }],
    ['dpop.maxAge must be a number of seconds from 1 to 600', { replay, maxAge: 0 }],
    ['dpop.clockTolerance must be', { replay, clockTolerance: -1 }],
    ['dpop.nonce.secrets must be an array of secrets of at least 32 bytes', { replay, nonce: {} }],
    [
      'an array whose entry 1 is invalid',
      { replay, nonce: { secrets: ['s'.repeat(32), 'short'] } },
    ],
    ['dpop.nonce.lifetime must be', { replay, nonce: { ...nonce, lifetime: 1 } }],
    ['dpop.nonce must be an object { secrets }', { replay, nonce: 'secret' }],
    ['dpop.store is not an option', { replay, store: 1 }],
    ['publicUrl is missing', { replay }, { publicUrl: undefined }],
    [
      'resource has the path /v1, which a proxy may remove',
      { replay },
      { publicUrl: undefined, resource: 'https://api.example.com/v1' },
    ],
    ['publicUrl must be the https address', { replay }, { publicUrl: 'http://api.example.com' }],
    ['publicUrl must be the https address', { replay }, { publicUrl: 'https://api.example.com?x' }],
    ['publicUrl must be the https address', { replay }, { publicUrl: 'https://u@api.example.com' }],
    ['publicUrl must be the https address', { replay }, { publicUrl: 7 }],
    ['publicUrl has no effect without dpop', undefined],
    ['dpop cannot be used with credentials', { replay }, { credentials: { header: 'x-token' } }],
  ])('createResourceServer throws an error with "%s"', (message, dpop, more) => {
    expect(configure(dpop, more)).toThrow(message)
  })

  it('createResourceServer shows no secret of a nonce in an error', () => {
    for (const secrets of ['s3cret-but-too-short', ['s3cret-but-too-short'], { s3cret: 1 }])
      expect(configure({ replay, nonce: { secrets } })).toThrow(/^(?!.*s3cret)/s)
  })

  it('createResourceServer uses resource without a path as publicUrl, and accepts http for loopback', async () => {
    const { authorize, request } = setup({}, {
      publicUrl: undefined,
      resource: 'https://api.example.com',
    } as never)
    expect(summarize(await authorize(request()))).toBe('granted')
    expect(configure({ replay }, { publicUrl: 'http://127.0.0.1:3000' })).not.toThrow()
  })
})
