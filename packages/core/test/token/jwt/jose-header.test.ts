import { describe, expect, it } from 'vitest'
import { readHeader } from '../../../src/token/jwt/jose-header.ts'
import { createSettings } from '../../support/settings.ts'
import { summarize } from '../../support/refusal.ts'

const ALGORITHM = 'unsupported_algorithm: 401 invalid_token'
const HEADER = 'unsupported_header: 401 invalid_token'

const settings = createSettings()
const read = (header: Record<string, unknown>) => readHeader(header, settings)
const withAlg = (alg: unknown) => summarize(read({ alg, typ: 'at+jwt', kid: 'k' }))
const withMember = (name: string, value: unknown) =>
  summarize(read({ alg: 'ES256', typ: 'at+jwt', kid: 'k', [name]: value }))

describe('readHeader', () => {
  it('readHeader returns the algorithm and the kid', () => {
    expect(read({ alg: 'ES256', typ: 'at+jwt', kid: 'k' })).toEqual({
      algorithm: 'ES256',
      kid: 'k',
    })
    expect(read({ alg: 'RS256' })).toEqual({ algorithm: 'RS256', kid: undefined })
    expect(read({ alg: 'RS256', kid: '' })).toEqual({ algorithm: 'RS256', kid: '' })
  })

  it('7515-06: readHeader rejects a header with an alg that is missing or not a string', () => {
    expect(summarize(read({ typ: 'at+jwt', kid: 'k' }))).toBe(ALGORITHM)
    for (const alg of [undefined, null, 0, true, [], {}, ['RS256'], { toString: 'RS256' }]) {
      expect(withAlg(alg)).toBe(ALGORITHM)
    }
  })

  it.each(['none', 'None', 'nOnE', 'NONE', 'none\0', ' none'])(
    '9068-07: readHeader rejects alg %j',
    (alg) => {
      expect(withAlg(alg)).toBe(ALGORITHM)
    },
  )

  it.each(['nOnE', 'NONE', 'rs256', 'RS256 ', 'Rs256', 'RS256\0', 'eddsa', 'ED25519'])(
    '8725bis-05: readHeader rejects alg %j, because it compares alg byte for byte',
    (alg) => expect(withAlg(alg)).toBe(ALGORITHM),
  )

  it.each(['', 'HS1', 'RS1', 'ES256K', 'Ed448', 'A128KW', 'RSA1_5', 'dir', 'PBES2-HS256+A128KW'])(
    'readHeader rejects an unsupported algorithm: %j',
    (alg) => expect(withAlg(alg)).toBe(ALGORITHM),
  )

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
    'readHeader rejects an alg that is a property of every object: %s',
    (alg) => expect(withAlg(alg)).toBe(ALGORITHM),
  )

  it('8725-01: readHeader rejects a supported algorithm that is not allowed for the issuer', () => {
    expect(withAlg('HS256')).toBe(ALGORITHM)
    const es256 = createSettings({ algorithms: { algorithms: ['ES256'], named: true } })
    expect(summarize(readHeader({ alg: 'RS256' }, es256))).toBe(ALGORITHM)
    expect(summarize(readHeader({ alg: 'ES256' }, es256))).toBe('passed')
  })

  it.each([
    ['an unknown name', ['x']],
    ['the name of a claim', ['exp']],
    ['an empty list', []],
    ['a string instead of a list', 'b64'],
    ['a name twice', ['x', 'x']],
    ['b64 twice', ['b64', 'b64']],
    ['a name that is not in the header', ['absent']],
    ['a number in the list', [1]],
    ['the empty name', ['']],
    ['the name of a registered parameter', ['alg']],
    ['null instead of a list', null],
    ['an object instead of a list', {}],
  ])('7515-08, 7515-09, 7515-10: readHeader rejects crit with %s', (_, crit) => {
    expect(summarize(read({ alg: 'ES256', typ: 'at+jwt', x: 1, exp: 1, crit }))).toBe(HEADER)
  })

  it('7797-11: readHeader rejects b64 with any value, with and without crit', () => {
    for (const b64 of [false, true, 'false', null, 0]) {
      expect(withMember('b64', b64)).toBe(HEADER)
      expect(summarize(read({ alg: 'ES256', b64, crit: ['b64'] }))).toBe(HEADER)
    }
  })

  it.each([
    ['zip', 'DEF'],
    ['zip', null],
    ['enc', 'A128GCM'],
    ['cty', 1],
    ['cty', null],
    ['kid', 1],
    ['kid', null],
    ['kid', ['k']],
    ['kid', { $ne: null }],
  ])('readHeader rejects the header parameter %s with the value %j', (name, value) =>
    expect(withMember(name, value)).toBe(HEADER),
  )

  it.each(['JWT', 'jwt', 'application/jwt', 'application/JWT'])(
    '7519-48: readHeader rejects a nested token: cty %s',
    (cty) => expect(withMember('cty', cty)).toBe(HEADER),
  )

  it('7515-07: readHeader ignores unknown header parameters and a cty other than JWT', () => {
    expect(withMember('unknown', { any: ['thing'] })).toBe('passed')
    expect(withMember('cty', 'json')).toBe('passed')
    expect(withMember('ALG', 'none')).toBe('passed')
  })

  it('7515-13: readHeader ignores keys and addresses of keys in the header', () => {
    const header = {
      alg: 'ES256',
      jwk: { kty: 'oct', k: 'AQID' },
      jku: 'https://attacker.example/jwks',
      x5u: 'https://attacker.example/cert',
      x5c: ['AQID'],
      x5t: 'AQID',
      'x5t#S256': 'AQID',
    }
    expect(read(header)).toEqual({ algorithm: 'ES256', kid: undefined })
  })

  it('readHeader rejects an invalid alg or crit before it rejects an invalid typ', () => {
    expect(withMember('typ', 'dpop+jwt')).toBe('wrong_token_type: 401 invalid_token')
    expect(summarize(read({ alg: 'none', typ: 'dpop+jwt', crit: ['x'] }))).toBe(ALGORITHM)
    expect(summarize(read({ alg: 'ES256', typ: 'dpop+jwt', crit: ['x'] }))).toBe(HEADER)
  })

  it.each([
    [{ alg: 'RS257' }, 'claimed "RS257"'],
    [{ alg: 'HS256' }, 'claimed "HS256"'],
    [{}, 'nothing'],
    [{ alg: 'ES256', typ: 'dpop+jwt' }, 'claimed a DPoP proof'],
  ])('readHeader rejects the header %j, and explanation.found is: $1', (header, found) => {
    expect(read(header)).toMatchObject({ explanation: { found } })
  })

  it('the explanation of readHeader can contain the values of alg and typ, and of no other header parameter', () => {
    const s3cret = 's3cret'
    const headers = [
      { alg: { s3cret } },
      ...['crit', 'b64', 'zip', 'enc'].map((name) => ({ alg: 'ES256', [name]: s3cret })),
      ...['cty', 'kid'].map((name) => ({ alg: 'ES256', [name]: [s3cret] })),
    ]
    for (const header of headers) {
      expect(summarize(read(header))).not.toBe('passed')
      expect(JSON.stringify(read(header))).not.toContain(s3cret)
    }
  })
})
