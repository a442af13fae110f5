import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { fc } from '../../../../../test/support/property.ts'
import {
  boundTo,
  createProof,
  generateProofKey,
  hashText,
  type ProofOverrides,
  proving,
} from '../../../../../test/support/proofs.ts'
import { PUBLIC_URL, setup, summarize, TARGET } from './setup.ts'

const HTU = PUBLIC_URL + TARGET

/** Sends one request with a changed proof, and returns the summary of its outcome. */
async function send(overrides: ProofOverrides, options: Parameters<typeof setup>[0] = {}) {
  const { authorize, request, prove } = setup(options)
  return summarize(await authorize(request(prove(overrides))))
}

/** Patterns for the member `check` of an event about the header, and of an event about the claims. */
const OF_HEADER = /^DPoP (?:header|typ|alg|jwk|crit)$/
const OF_CLAIMS = /^DPoP (?:claims set|jti|htm|htu|iat|exp|nbf|nonce|ath)$/

/** Returns an arbitrary that generates objects. Some of them have some of the named members, with random values. */
function toRandom(names: readonly string[]): fc.Arbitrary<object> {
  const members = Object.fromEntries(names.map((name) => [name, fc.jsonValue()]))
  return fc.oneof(fc.object(), fc.record(members, { requiredKeys: [] }))
}

const SECRET = 's3cret-value-of-a-proof'

/** Sends a proof that must be refused. Returns the outcome, the events, and the parts of the proof and of its key. */
async function refuse(overrides: ProofOverrides) {
  const { authorize, request, prove, events, key } = setup()
  const proof = prove(overrides)
  const outcome = await authorize(request(proof))
  expect(summarize(outcome)).toMatch(/^401 (?:invalid_proof|wrong_proof_key)$/)
  const { publicJwk, thumbprint } = overrides.key ?? key
  const parts = [...proof.split('.'), String(publicJwk['x']), String(publicJwk['y']), thumbprint]
  return { outcome, events, parts }
}

function expectNothingOf(texts: readonly string[], shown: object): void {
  const json = JSON.stringify(shown)
  for (const text of texts) expect(json).not.toContain(text)
}

describe('a DPoP proof', () => {
  it.each(['ES256', 'EdDSA', 'Ed25519', 'PS256', 'RS256'] as const)(
    '9449-05: authorize grants a proof that is signed with %s',
    async (algorithm) => {
      const { authorize, request } = setup({}, {}, generateProofKey(algorithm))
      expect(await authorize(request())).toMatchObject({
        kind: 'granted',
        token: { bindings: ['dpop'], clientId: 'reports-cron' },
        headers: {},
      })
    },
  )

  it('9449-01: authorize refuses two DPoP header lines, and two proofs that are joined by a comma', async () => {
    const { authorize, request, prove } = setup()
    const proof = prove()
    expect(summarize(await authorize(request([proof, proof])))).toBe('401 invalid_proof')
    expect(summarize(await authorize(request(`${proof}, ${prove()}`)))).toBe('401 invalid_proof')
  })

  it.each([
    ['a,b', 'two texts joined by a comma'],
    ['', 'an empty text'],
    ['{"jti":"x"}', 'JSON'],
    ['a.b', 'two parts'],
    ['a.b.c.d', 'four parts'],
    ['..', 'three empty parts'],
    ['undefined', 'a word'],
    ['e30.e30.AAAA', 'empty objects'],
    [`${'a'.repeat(8192)}.b.c`, 'more than 8192 characters'],
  ])('9449-02: authorize refuses a proof that is not one JWT: %.20j (%s)', async (text) => {
    const { authorize, request } = setup()
    expect(summarize(await authorize(request(text)))).toBe('401 invalid_proof')
  })

  it.each(['typ', 'alg', 'jwk'])(
    '9449-03: authorize refuses a proof if the header parameter %s is missing, is empty or has another type',
    async (name) => {
      for (const value of [undefined, null, 7, true, [], {}, ''])
        expect(await send({ header: { [name]: value } }), typeof value).toBe('401 invalid_proof')
    },
  )

  it.each(['jti', 'htm', 'htu', 'iat', 'ath'])(
    '9449-03: authorize refuses a proof if the claim %s is missing, is empty or has another type',
    async (name) => {
      for (const value of [undefined, null, true, [], {}, '', name === 'iat' ? '7' : 7])
        expect(await send({ claims: { [name]: value } }), typeof value).toBe('401 invalid_proof')
    },
  )

  it.each(['JWT', 'at+jwt', 'DPOP+JWT', 'application/dpop+jwt', 'dpop+jwt ', 'dpop'])(
    '9449-04: authorize refuses a proof with the typ %s',
    async (typ) => {
      expect(await send({ header: { typ } })).toBe('401 invalid_proof')
    },
  )

  it.each(['none', 'HS256', 'ES384', 'es256', 'RS1', 'ES256K', 'A128GCM'])(
    '9449-05: authorize refuses a proof with the alg %s, which is not in dpop.algorithms',
    async (alg) => {
      expect(await send({ header: { alg } }, { algorithms: ['ES256'] })).toBe('401 invalid_proof')
    },
  )

  it('9449-06: authorize refuses a proof that was signed with a key other than its jwk', async () => {
    expect(await send({ signedBy: generateProofKey() })).toBe('401 invalid_proof')
  })

  it.each([
    [
      'has private members',
      (key: ReturnType<typeof generateProofKey>) => key.privateKey.export({ format: 'jwk' }),
    ],
    ['has the kty oct', () => ({ kty: 'oct', k: Buffer.alloc(32).toString('base64url') })],
    ['is on another curve', () => ({ ...generateProofKey('ES384').publicJwk })],
    [
      'has an unknown crv',
      () => ({ kty: 'OKP', crv: 'X25519', x: Buffer.alloc(32, 1).toString('base64url') }),
    ],
    [
      'has a point that is not on its curve',
      ({ publicJwk }: ReturnType<typeof generateProofKey>) => ({ ...publicJwk, y: publicJwk['x'] }),
    ],
    [
      'has use: enc',
      ({ publicJwk }: ReturnType<typeof generateProofKey>) => ({ ...publicJwk, use: 'enc' }),
    ],
    ['is an array', () => []],
  ])('9449-07, 9449-45: authorize refuses a proof whose jwk %s', async (_, toJwk) => {
    const key = generateProofKey()
    const { authorize, request, prove } = setup({}, {}, key)
    const jwk = toJwk(key) as Record<string, unknown>
    expect(summarize(await authorize(request(prove({ header: { jwk } }))))).toMatch(
      /^401 (?:invalid_proof|wrong_proof_key)$/,
    )
  })

  it.each([1024, 4104])(
    '9449-45: authorize refuses a proof with an RSA key of %i bits',
    async (bits) => {
      const key = generateProofKey('RS256', bits)
      const { authorize, request, events } = setup({}, {}, key)
      expect(summarize(await authorize(request()))).toBe('401 invalid_proof')
      expect(events.at(-1)).toMatchObject({ check: 'DPoP jwk' })
    },
  )

  it('9449-45: authorize refuses a proof with an RSA key that has a large exponent', async () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const jwk = {
      ...publicKey.export({ format: 'jwk' }),
      e: Buffer.alloc(256, 0xff).toString('base64url'),
    }
    expect(await send({ header: { alg: 'RS256', jwk } })).toBe('401 invalid_proof')
  })

  it('9449-08: authorize refuses a proof whose htm is another method, or the same method in another case', async () => {
    const { authorize, request, prove } = setup()
    for (const htm of ['POST', 'get', 'GET ', 'HEAD'])
      expect(summarize(await authorize(request(prove({ claims: { htm } })))), htm).toBe(
        '401 invalid_proof',
      )
    const post = prove({}, { method: 'POST' })
    expect(summarize(await authorize(request(post, TARGET, 'POST')))).toBe('granted')
  })

  it('9449-09: authorize grants a proof whose htu has 2048 characters, and refuses a longer htu, even if it equals the address', async () => {
    for (const [length, summary] of [
      [2048, 'granted'],
      [2049, '401 invalid_proof'],
    ] as const) {
      const { authorize, request, prove } = setup(
        {},
        { publicUrl: 'https://api.example.com/a/long/prefix' },
      )
      const path = '/'.padEnd(length - 'https://api.example.com/a/long/prefix'.length, 'x')
      const proof = prove({}, { url: `https://api.example.com/a/long/prefix${path}` })
      expect(summarize(await authorize(request(proof, path)))).toBe(summary)
    }
  })

  it('9449-09: authorize grants a proof whose htu differs from the request only in the query and the fragment', async () => {
    const { authorize, request, prove } = setup()
    expect(summarize(await authorize(request(prove(), `${TARGET}?x=1`)))).toBe('granted')
    const other = prove({ claims: { htu: `${HTU}?y=2#z` } })
    expect(summarize(await authorize(request(other, `${TARGET}?x=1`)))).toBe('granted')
  })

  it.each([
    `http://api.example.com${TARGET}`,
    `https://other.example.com${TARGET}`,
    `${PUBLIC_URL}:8443${TARGET}`,
    `${PUBLIC_URL}/Reports/7`,
    `${HTU}/`,
    PUBLIC_URL,
    `https://user@api.example.com${TARGET}`,
    `https:\\\\api.example.com${TARGET}`,
    TARGET,
  ])('9449-10, 9449-12: authorize refuses a proof with the htu %j', async (htu) => {
    expect(await send({ claims: { htu } })).toBe('401 invalid_proof')
  })

  it('9449-47: authorize compares htu with publicUrl, and ignores Host and forwarded headers', async () => {
    const { authorize, request, prove } = setup()
    const spoof = ['Host', 'X-Forwarded-Host', 'X-Original-Host'].flatMap((name) => [
      name,
      'evil.example',
    ])
    const more = [
      'X-Forwarded-Proto',
      'http',
      'X-Forwarded-Prefix',
      '/evil',
      'Forwarded',
      'host=evil.example',
    ]
    const spoofed = (proof: string) => {
      const one = request(proof)
      return { ...one, rawHeaders: [...one.rawHeaders!, ...spoof, ...more] }
    }
    expect(summarize(await authorize(spoofed(prove())))).toBe('granted')
    const evil = prove({ claims: { htu: `https://evil.example${TARGET}` } })
    expect(summarize(await authorize(spoofed(evil)))).toBe('401 invalid_proof')
    const absolute = prove()
    expect(summarize(await authorize(request(absolute, `http://evil.example${TARGET}`)))).toBe(
      'granted',
    )
  })

  it('9449-47: authorize adds the path of publicUrl to the path of the request, and refuses a request path with dot segments', async () => {
    const { authorize, request, prove } = setup({}, { publicUrl: `${PUBLIC_URL}/v1/` })
    const proof = (path: string) => prove({ claims: { htu: PUBLIC_URL + path } })
    expect(summarize(await authorize(request(proof(`/v1${TARGET}`))))).toBe('granted')
    expect(summarize(await authorize(request(proof(TARGET))))).toBe('401 invalid_proof')
    for (const path of ['/admin', '/v1/admin'])
      expect(summarize(await authorize(request(proof(path), '/../admin')))).toBe(
        '401 invalid_proof',
      )
  })

  it('9449-59: authorize compares a proof with the method and the address that the function publicUrl returns', async () => {
    const raw = { original: { method: 'DELETE', url: 'https://shop.example.com/orders/1?x' } }
    const { authorize, request, prove, token } = setup({}, {
      publicUrl: (one: { original: object }) => one.original,
    } as never)
    const claims = { htm: 'DELETE', htu: 'https://shop.example.com/orders/1' }
    expect(summarize(await authorize({ ...request(prove({ claims })), raw }))).toBe('granted')
    expect(summarize(await authorize({ ...request(prove()), raw: { ...raw } }))).toBe(
      '401 invalid_proof',
    )
    for (const original of [
      undefined,
      null,
      'text',
      {},
      { method: 'GET' },
      Promise.resolve(raw.original),
    ]) {
      const wrong = { ...proving(token, prove()), raw: { original } }
      await expect(authorize(wrong)).rejects.toThrow('publicUrl must return { method, url }')
    }
  })

  it.each([
    [65, 'granted'],
    [66, '401 invalid_proof'],
    [-5, 'granted'],
    [-6, '401 invalid_proof'],
  ])('9449-13: authorize of a proof that is %i s old results in: %s', async (age, expected) => {
    const { authorize, request, prove, clock } = setup()
    const proof = prove({ claims: { iat: clock.seconds() - age } })
    expect(summarize(await authorize(request(proof)))).toBe(expected)
  })

  it.each(['1e400', '-9223372036854775808', '"1900000000"', '1e308', 'null', '[1900000000]'])(
    '9449-13: authorize refuses a proof with the iat %s, and does not throw',
    async (iat) => {
      const { authorize, request, prove, key, token } = setup()
      const claims = `{"jti":"x","htm":"GET","htu":"${HTU}","ath":"${hashText(token)}","iat":${iat}}`
      expect(summarize(await authorize(request(prove({ claims, key }))))).toBe('401 invalid_proof')
    },
  )

  it('authorize refuses a proof whose exp has passed, whose nbf is in the future, or whose exp or nbf is malformed', async () => {
    const { clock, authorize, request, prove } = setup()
    const now = clock.seconds()
    for (const claims of [{ exp: now - 5 }, { nbf: now + 6 }, { exp: 'x' }, { nbf: {} }])
      expect(summarize(await authorize(request(prove({ claims }))))).toBe('401 invalid_proof')
    const valid = prove({ claims: { exp: now + 1, nbf: now } })
    expect(summarize(await authorize(request(valid)))).toBe('granted')
  })

  it('9449-14: authorize refuses a proof with the ath of another token, or with an ath in another form', async () => {
    const { authorize, request, prove, token } = setup()
    const hash = hashText(token)
    for (const ath of [
      hashText(`${token}x`),
      `${hash}=`,
      Buffer.from(hash, 'base64url').toString('hex'),
      Buffer.from(hash, 'base64url').toString('base64'),
      hash.slice(0, 42),
    ])
      expect(summarize(await authorize(request(prove({ claims: { ath } }))))).toBe(
        '401 invalid_proof',
      )
  })

  it('9449-15: authorize refuses a valid proof whose key is not the key to which the token is bound', async () => {
    const { authorize, request, prove } = setup()
    const outcome = await authorize(request(prove({ key: generateProofKey() })))
    expect(outcome).toMatchObject({
      reason: 'wrong_proof_key',
      status: 401,
      headers: {
        'WWW-Authenticate': [
          'Bearer realm="api"',
          expect.stringMatching(
            /^DPoP realm="api", error="invalid_token".*, algs="ES256 EdDSA Ed25519 PS256 RS256"$/,
          ),
        ],
      },
    })
  })

  it('9449-16: authorize grants a proof whose jwk has optional members, because the thumbprint omits them', async () => {
    const { authorize, request, prove, key } = setup()
    const jwk = {
      x5c: ['AAAA'],
      ...key.publicJwk,
      kid: 'x',
      use: 'sig',
      alg: 'ES256',
      key_ops: ['verify'],
      ext: true,
    }
    expect(summarize(await authorize(request(prove({ header: { jwk } }))))).toBe('granted')
  })

  it('9449-44: authorize refuses an access token as a proof, and a proof as an access token', async () => {
    const { authorize, request, token, prove } = setup()
    expect(summarize(await authorize(request(token)))).toBe('401 invalid_proof')
    const proof = prove()
    expect(summarize(await authorize(proving(proof, prove())))).toMatch(/^401 /)
  })

  it.each(['crit', 'b64', 'zip', 'enc', 'cty'])(
    '9449-46: authorize refuses a proof with the header parameter %s',
    async (name) => {
      expect(await send({ header: { [name]: name === 'crit' ? ['exp'] : 'x' } })).toBe(
        '401 invalid_proof',
      )
    },
  )

  it('9449-46: authorize refuses a proof of more than 8192 characters before it is parsed', async () => {
    const { authorize, request, prove, events } = setup()
    const long = prove({ claims: { more: 'x'.repeat(8192) } })
    expect(summarize(await authorize(request(long)))).toBe('401 invalid_proof')
    expect(events.at(-1)).toMatchObject({ found: 'a longer text' })
  })

  it('9449-46: authorize refuses a proof whose JWT header has more than 4096 characters, before the header is parsed', async () => {
    const { authorize, request, prove, events } = setup()
    const members = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`m${i}`, 0]))
    expect(summarize(await authorize(request(prove({ header: members }))))).toBe(
      '401 invalid_proof',
    )
    expect(events.at(-1)).toMatchObject({ check: 'DPoP header', found: 'a longer text' })
  })

  it('9449-39: authorize accepts a long jti, and its entry in the replay store has the usual size', async () => {
    const ids: string[] = []
    const replay = { firstUse: ({ id }: { id: string }) => ids.push(id) > 0 }
    const { authorize, request, prove } = setup({ replay })
    await authorize(request(prove()))
    expect(summarize(await authorize(request(prove({ claims: { jti: 'j'.repeat(5000) } }))))).toBe(
      'granted',
    )
    expect(ids.map((id) => id.length)).toEqual([43, 43])
  })

  /** One defect for each check, in the order of the checks: cheap checks are first, and the signature is last. */
  const DEFECTS: readonly (readonly [string, ProofOverrides])[] = [
    ['typ', { header: { typ: 'JWT' } }],
    ['alg', { header: { alg: 'HS256' } }],
    ['crit', { header: { crit: ['x'] } }],
    ['jti', { claims: { jti: undefined } }],
    ['htm', { claims: { htm: 'POST' } }],
    ['htu', { claims: { htu: 'https://evil.example/' } }],
    ['iat', { claims: { iat: 1 } }],
    ['nonce', { claims: { nonce: 7 } }],
    ['ath', { claims: { ath: 'x' } }],
    ['signature', { signedBy: generateProofKey() }],
  ]
  it.each(
    DEFECTS.flatMap(([a, first], i) =>
      DEFECTS.slice(i + 1).map(([b, second]) => [a, b, first, second] as const),
    ),
  )(
    '9449-49: authorize checks %s before %s, and refuses a proof in which both are wrong',
    async (name, _, first, second) => {
      const { authorize, request, prove, events } = setup()
      const both = {
        ...second,
        header: { ...(first.header as object), ...(second.header as object) },
        claims: { ...(first.claims as object), ...(second.claims as object) },
      }
      expect(summarize(await authorize(request(prove(both))))).toBe('401 invalid_proof')
      expect(events.at(-1)).toMatchObject({ check: `DPoP ${name}` })
    },
  )

  it.each<[string, ProofOverrides, string]>([
    ['after it has checked nonce', { claims: { nonce: 7 } }, 'DPoP nonce'],
    ['before it checks ath', { claims: { ath: 'x' } }, 'cnf.jkt'],
    ['before it checks the signature', { signedBy: generateProofKey() }, 'cnf.jkt'],
  ])('9449-49: authorize compares the key of a proof with cnf.jkt %s', async (_, defect, check) => {
    const { authorize, request, prove, events } = setup()
    await authorize(request(prove({ ...defect, key: generateProofKey() })))
    expect(events.at(-1)).toMatchObject({ type: 'refused', check })
  })

  it('authorize refuses every proof that differs from a valid one in one character', async () => {
    const { authorize, request, prove } = setup()
    const proof = prove()
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: proof.length - 1 }),
        fc.constantFrom(...Array.from('AZaz09-_.,= \n')),
        async (at, character) => {
          fc.pre(proof[at] !== character)
          const changed = proof.slice(0, at) + character + proof.slice(at + 1)
          expect(summarize(await authorize(request(changed)))).toMatch(
            /^401 (?:invalid_proof|wrong_proof_key)$/,
          )
        },
      ),
      { numRuns: 300 },
    )
  })

  it('authorize returns a refusal, and never throws, for random claims of a proof with a valid header', async () => {
    const { authorize, request, prove, events, clock } = setup()
    const valid = Object.entries({ jti: 'x', htm: 'GET', htu: HTU, iat: clock.seconds() })
    const random = toRandom(['jti', 'htm', 'htu', 'iat', 'exp', 'nbf', 'nonce', 'ath'])
    await fc.assert(
      // A random number of claims, from `jti` to `iat`, is valid, so that later checks also get random values.
      fc.asyncProperty(random, fc.nat({ max: valid.length }), async (claims, count) => {
        const all = { ...claims, ...Object.fromEntries(valid.slice(0, count)) }
        const proof = prove({ claims: JSON.stringify(all) })
        expect(summarize(await authorize(request(proof)))).toBe('401 invalid_proof')
        expect(events.at(-1)).toMatchObject({ check: expect.stringMatching(OF_CLAIMS) })
      }),
    )
  })

  it('authorize returns a refusal, and never throws, for a random header of a proof with valid claims', async () => {
    const { authorize, request, prove, events } = setup()
    const usual = fc.constantFrom({}, { typ: 'dpop+jwt' }, { typ: 'dpop+jwt', alg: 'ES256' })
    await fc.assert(
      fc.asyncProperty(toRandom(['typ', 'alg', 'jwk', 'crit']), usual, async (random, valid) => {
        const proof = prove({ header: JSON.stringify({ ...random, ...valid }) })
        expect(summarize(await authorize(request(proof)))).toBe('401 invalid_proof')
        expect(events.at(-1)).toMatchObject({ check: expect.stringMatching(OF_HEADER) })
      }),
    )
  })

  it.each<[string, ProofOverrides, string, string]>([
    ['typ', { header: { typ: SECRET } }, 'typ', `claimed "${SECRET}"`],
    ['alg', { header: { alg: SECRET } }, 'alg', `claimed "${SECRET}"`],
    ['htm in the form of a method', { claims: { htm: 'SECRET' } }, 'htm', 'claimed "SECRET"'],
    [
      'origin of htu',
      { claims: { htu: `https://other.example/${SECRET}?${SECRET}#${SECRET}` } },
      'htu',
      'an address at claimed "https://other.example"',
    ],
  ])(
    'an event shows the claimed %s of a proof once, and nothing else of the proof',
    async (_, overrides, check, found) => {
      const { outcome, events, parts } = await refuse(overrides)
      expect(events.at(-1)).toMatchObject({ check: `DPoP ${check}`, found })
      const others = events.map((event) => ('found' in event ? { ...event, found: '' } : event))
      expectNothingOf([...parts, SECRET, 'SECRET', 'other.example'], [outcome, others])
    },
  )

  it.each<[string, ProofOverrides]>([
    ['htm that is not a method', { claims: { htm: SECRET } }],
    ['htu that is not an address', { claims: { htu: SECRET } }],
    ['user name in htu', { claims: { htu: `https://${SECRET}@other.example/` } }],
    ['path of htu', { claims: { htu: `${PUBLIC_URL}/${SECRET}` } }],
    ['jti', { claims: { jti: SECRET, ath: 'x' } }],
    ['ath', { claims: { ath: SECRET } }],
    ['iat', { claims: { iat: SECRET } }],
    ['exp', { claims: { exp: SECRET } }],
    ['nbf', { claims: { nbf: SECRET } }],
    ['nonce', { claims: { nonce: SECRET, ath: 'x' } }],
    ['nonce in an array', { claims: { nonce: [SECRET] } }],
    ['unknown claim', { claims: { [SECRET]: SECRET, ath: 'x' } }],
    ['claims set that is not JSON', { claims: `{"jti": ${SECRET}}` }],
    ['claim that is written twice', { claims: `{"${SECRET}": 1, "${SECRET}": 2}` }],
    ['header that is not JSON', { header: `{"typ": ${SECRET}}` }],
    ['typ that is an object', { header: { typ: { [SECRET]: SECRET } } }],
    ['alg that is an object', { header: { alg: { [SECRET]: SECRET } } }],
    ['crit', { header: { crit: [SECRET] } }],
    ['enc', { header: { enc: SECRET } }],
    ['kid', { header: { kid: SECRET }, claims: { ath: 'x' } }],
    ['kty of jwk', { header: { jwk: { kty: SECRET } } }],
    ['jwk that is a text', { header: { jwk: SECRET } }],
    ['signature', { signedBy: generateProofKey() }],
    ['key', { key: generateProofKey() }],
  ])('neither an event nor the outcome shows the %s of a proof', async (_, overrides) => {
    const { outcome, events, parts } = await refuse(overrides)
    expectNothingOf([...parts, SECRET], [outcome, events])
  })

  it('authorize refuses a proof that was created for another token of the same client', async () => {
    const { authorize, issuer, key, prove } = setup()
    const other = issuer.token({ claims: { jti: 'another', ...boundTo(key) } })
    expect(summarize(await authorize(proving(other, prove(), { url: TARGET })))).toBe(
      '401 invalid_proof',
    )
    const proof = createProof({ key, token: other, url: HTU, now: 1_900_000_000 })
    expect(summarize(await authorize(proving(other, proof, { url: TARGET })))).toBe('granted')
  })
})
