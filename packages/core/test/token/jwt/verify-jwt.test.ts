import { createLocalJWKSet, type JWK, jwtVerify, type JWTVerifyOptions } from 'jose'
import { describe, expect, it } from 'vitest'
import {
  AUDIENCE,
  createTestIssuer,
  ISSUER,
  type TestIssuer,
} from '../../../../../test/support/issuer.ts'
import { generateKey, type TestKey } from '../../../../../test/support/keys.ts'
import { toCharacterAt, fc } from '../../../../../test/support/property.ts'
import { encodePart, signCompact } from '../../../../../test/support/tokens.ts'
import type { IssuerSettings } from '../../../src/model/settings.ts'
import { parseCompactJws } from '../../../src/token/jwt/compact-jws.ts'
import { verifyJwt } from '../../../src/token/jwt/verify-jwt.ts'
import { readKeySet } from '../../../src/keys/key-set.ts'
import { staticKeys } from '../../../src/keys/static-keys.ts'
import { Rejection } from '../../../src/response/rejection.ts'
import { summarize } from '../../support/refusal.ts'
import { createSettings } from '../../support/settings.ts'

const NOW = 1_900_000_000
const MALFORMED = 'malformed_token: 401 invalid_token'
const INVALID_SIGNATURE = 'invalid_signature: 401 invalid_token'
const UNKNOWN_KEY = 'unknown_key: 401 invalid_token'
const HEADER = 'unsupported_header: 401 invalid_token'

const issuer = createTestIssuer({ algorithms: ['ES256', 'RS256', 'Ed25519'], now: () => NOW })

/** Parses and verifies a token, by default with the keys of the test issuer. Returns a summary of the result. */
async function verify(
  token: string,
  changes: Partial<IssuerSettings> = {},
  keys: readonly unknown[] = issuer.jwks.keys,
): Promise<string> {
  const jws = parseCompactJws(token)
  if (jws instanceof Rejection) return summarize(jws)
  const settings = createSettings(changes)
  const source = staticKeys(readKeySet({ keys }, settings.algorithms))
  return summarize(await verifyJwt(jws, { settings, keys: source }, () => NOW))
}

describe('verifyJwt', () => {
  it('9068-14: verifyJwt accepts a token that is signed with RS256', async () => {
    expect(await verify(issuer.token({ key: issuer.keys[1]! }))).toBe('passed')
  })

  it('verifyJwt accepts tokens that are signed with each key of the issuer, with and without kid', async () => {
    for (const key of issuer.keys) {
      expect(await verify(issuer.token({ key }))).toBe('passed')
      expect(await verify(issuer.token({ key, header: { kid: undefined } }))).toBe('passed')
    }
  })

  it('7515-16: verifyJwt tries every matching key if at most four keys match, and returns unknown_key if more keys match', async () => {
    const keys = Array.from({ length: 5 }, (_, i) => generateKey('ES256', `kid-${i}`))
    const verifyWith = (count: number, key: TestKey, kid?: string) => {
      const listed = keys.slice(0, count).map(({ jwk }) => (kid ? { ...jwk, kid } : jwk))
      return verify(issuer.token({ key, header: { kid } }), {}, listed)
    }
    for (const key of keys.slice(0, 4)) {
      expect(await verifyWith(4, key)).toBe('passed')
      expect(await verifyWith(4, key, 'doubled')).toBe('passed')
    }
    expect(await verifyWith(1, keys[0]!)).toBe('passed')
    expect(await verifyWith(4, keys[4]!)).toBe(INVALID_SIGNATURE)
    expect(await verifyWith(5, keys[4]!)).toBe(UNKNOWN_KEY)
    expect(await verifyWith(5, keys[4]!, 'doubled')).toBe(UNKNOWN_KEY)
  })

  it('7515-15: verifyJwt verifies the received bytes, not a new serialization of the claims', async () => {
    const header = '{ "\\u0061lg":"ES256",\n"typ" : "at\\u002bjwt", "kid":"ES256-key" }'
    const claims = ` {"iss":"${ISSUER}","aud":"${AUDIENCE}","exp":1.9000003e9,"scope":"\\u0072ead"}\r\n`
    const token = signCompact(header, claims, 'ES256', issuer.keys[0]!.privateKey)
    expect(await verify(token)).toBe('passed')
    const compacted = JSON.stringify(JSON.parse(claims))
    const [head, , signature] = token.split('.')
    expect(await verify(`${head}.${encodePart(compacted)}.${signature}`)).toBe(INVALID_SIGNATURE)
  })

  it('7515-12: verifyJwt ignores a key in the header of the token', async () => {
    const attacker = generateKey('ES256', 'ES256-key')
    const headers = [{ jwk: attacker.jwk }, { jwk: attacker.jwk, kid: undefined }]
    for (const header of headers) {
      expect(await verify(issuer.token({ key: attacker, header }))).toBe(INVALID_SIGNATURE)
    }
    const jwk = attacker.privateKey.export({ format: 'jwk' })
    expect(await verify(issuer.token({ key: attacker, header: { jwk } }))).toBe(INVALID_SIGNATURE)
  })

  it('7515-14: verifyJwt rejects a token whose kid is not a string, or is not exactly the kid of a key, even if only the case differs', async () => {
    for (const kid of [1, null, ['ES256-key'], {}]) {
      expect(await verify(issuer.token({ header: { kid } }))).toBe(HEADER)
    }
    for (const kid of ['es256-KEY', '', 'ES256-key ', 'other']) {
      expect(await verify(issuer.token({ header: { kid } }))).toBe(UNKNOWN_KEY)
    }
  })

  it('8725-02: verifyJwt rejects a token if its alg differs from the algorithm of the key that its kid names', async () => {
    const [es256, rs256] = issuer.keys as [TestKey, TestKey]
    const cases = [
      issuer.token({ key: rs256, header: { kid: es256.kid } }),
      issuer.token({ key: rs256, header: { alg: 'PS256' }, signedWith: 'PS256' }),
      issuer.token({ key: es256, header: { alg: 'Ed25519' } }),
    ]
    for (const token of cases) expect(await verify(token)).toBe(UNKNOWN_KEY)
  })

  it('verifyJwt rejects a token whose parts are from two tokens, are in another order, or are empty', async () => {
    const [a, b] = [issuer.token(), issuer.token({ claims: { sub: 'b' } })].map((t) => t.split('.'))
    const [header, claims, signature] = a as [string, string, string]
    expect(await verify(`${header}.${b![1]}.${signature}`)).toBe(INVALID_SIGNATURE)
    expect(await verify(`${header}.${claims}.${b![2]}`)).toBe(INVALID_SIGNATURE)
    expect(await verify(`${claims}.${header}.${signature}`)).toBe(
      'unsupported_algorithm: 401 invalid_token',
    )
    expect(await verify(`${header}..${signature}`)).toBe(MALFORMED)
  })

  it('verifyJwt returns invalid_signature for a token with invalid claims only if another key has signed the token', async () => {
    const attackerKey = generateKey('ES256', 'ES256-key')
    const wrong = [{ exp: NOW - 1000 }, { aud: 'x' }, { at_hash: 'x' }, { sub: 1 }, { exp: 'x' }]
    for (const claims of wrong) {
      expect(await verify(issuer.token({ key: attackerKey, claims }))).toBe(INVALID_SIGNATURE)
      expect(await verify(issuer.token({ claims }))).not.toBe(INVALID_SIGNATURE)
    }
  })

  it('verifyJwt rejects a token with the reason expired if the token expires while verifyJwt waits for the keys', async () => {
    const jws = parseCompactJws(issuer.token())
    if (jws instanceof Rejection) throw new Error('parseCompactJws has rejected a valid token')
    const settings = createSettings()
    const set = await readKeySet({ keys: issuer.jwks.keys }, settings.algorithms)
    let now = NOW
    const keys = staticKeys(
      Promise.resolve().then(() => {
        now += 1000
        return set
      }),
    )
    const result = await verifyJwt(jws, { settings, keys }, () => now)
    expect(summarize(result)).toBe('expired: 401 invalid_token')
  })
})

const claimValue = fc.oneof(
  fc.constantFrom<unknown>(NOW, NOW + 300, NOW - 300, NOW + 4, NOW - 4, NOW + 5, NOW - 5, -1, 1e20),
  fc.constantFrom<unknown>(ISSUER, AUDIENCE, [AUDIENCE], ['x', AUDIENCE], [], '', undefined, null),
  fc.constantFrom<unknown>('at+jwt', 'JWT', 'dpop+jwt', 'ES256', 'none', 'EdDSA', 'HS256', 'RS256'),
  fc.jsonValue({ maxDepth: 2 }),
)
const claims = fc.dictionary(
  fc.constantFrom('exp', 'nbf', 'iat', 'aud', 'sub', 'scope', 'jti', 'cnf', '__proto__', 'x'),
  claimValue,
  { maxKeys: 2 },
)
const header = fc.dictionary(
  fc.constantFrom('alg', 'typ', 'kid', 'cty', 'crit', 'b64', 'zip', 'jwk', 'x'),
  claimValue,
  { maxKeys: 1 },
)

/** Random changes to the text of a token. The first function changes nothing. */
const edit = fc.oneof(
  { weight: 4, arbitrary: fc.constant((token: string) => token) },
  {
    weight: 4,
    arbitrary: fc
      .tuple(
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        toCharacterAt('AZaz09-_.+/= \n'),
        fc.nat(2),
      )
      .map(([at, character, kind]) => (token: string) => {
        const index = Math.floor(at * token.length)
        const kept = token.slice(index + (kind === 0 ? 0 : 1))
        return token.slice(0, index) + (kind === 2 ? '' : character) + kept
      }),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        fc.nat(2),
        fc.oneof(fc.constantFrom('', 'AQ', 'e30'), fc.string({ unit: toCharacterAt('Aa9_') })),
      )
      .map(
        ([index, part]) =>
          (token: string) =>
            token
              .split('.')
              .map((old, i) => (i === index ? part : old))
              .join('.'),
      ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      (token: string) => token.slice(0, token.lastIndexOf('.') + 1),
      (token: string) => `${token}.`,
      (token: string) => token.split('.').sort().join('.'),
    ),
  },
)

describe.each(['ES256', 'RS256', 'Ed25519'] as const)('verifyJwt compared with jose: %s', (alg) => {
  const own: TestIssuer = createTestIssuer({ algorithms: [alg], now: () => NOW })
  // jose accepts only the algorithm in `alg` of a JWK. This library accepts `EdDSA` for Ed25519 too.
  const keySet = createLocalJWKSet({
    keys: own.jwks.keys.map((jwk) => ({ ...jwk, alg: undefined }) as unknown as JWK),
  })
  const options: JWTVerifyOptions = {
    algorithms: alg === 'Ed25519' ? ['Ed25519', 'EdDSA'] : [alg],
    issuer: ISSUER,
    audience: AUDIENCE,
    requiredClaims: ['exp'],
    clockTolerance: 5,
    currentDate: new Date(NOW * 1000),
  }

  it(`verifyJwt accepts a random token with ${alg} only if jose accepts it`, async () => {
    const seen = { accepted: 0, refused: 0 }
    await fc.assert(
      fc.asyncProperty(header, claims, edit, async (changedHeader, changedClaims, change) => {
        const token = change(own.token({ header: changedHeader, claims: changedClaims }))
        const result = await verify(token, {}, own.jwks.keys)
        if (result !== 'passed') return void seen.refused++
        seen.accepted++
        await expect(jwtVerify(token, keySet, options)).resolves.toBeDefined()
      }),
      { numRuns: 200 },
    )
    expect(seen.accepted).toBeGreaterThan(5)
    expect(seen.refused).toBeGreaterThan(50)
  })
})
