import { createSecretKey, type KeyObject } from 'node:crypto'
import type { TestIssuer } from '../../support/issuer.ts'
import { generateKey, type TestKey } from '../../support/keys.ts'
import { signCompact } from '../../support/tokens.ts'
import { issuerC, manyKeys } from '../configurations.ts'
import { type ContractCase, each } from '../contract-case.ts'
import { attacker, issuerA, issuerB, issuerD, KEYS, token, USUAL_CLAIMS } from '../fixture.ts'
import { invalidToken, ok, unavailable } from '../outcomes.ts'

const { es256, es384, es512, ed25519, rs256, ps256, ps384, ps512 } = KEYS
const badSignature = invalidToken('invalid_signature')
const badAlgorithm = invalidToken('unsupported_algorithm')
const unknownKey = invalidToken('unknown_key')
const severalIssuers = { configuration: 'several issuers' } as const
const withoutAlg = { configuration: 'keys without alg' } as const

/** Creates a token with the `iss` of `from`, signed with the key of `by`. */
const crossed = (from: TestIssuer, by: TestIssuer) =>
  token({ key: by.keys[0]!, claims: { iss: from.issuer } })

/** Creates a token with an HMAC. */
function hmac(secret: KeyObject, iss: string, header: Record<string, unknown> = {}): string {
  const claims = { ...USUAL_CLAIMS, iss }
  return signCompact({ alg: 'HS256', typ: 'at+jwt', ...header }, claims, 'HS256', secret)
}
const pem = rs256.publicKey.export({ format: 'pem', type: 'spki' }) as string
const der = rs256.publicKey.export({ format: 'der', type: 'spki' })

/** Creates a token with the algorithm `alg`, signed by a key of another curve. */
const onOtherCurve = (alg: string, key: TestKey) =>
  [`${alg} with the key of ${key.alg}`, token({ key, header: { alg }, signedWith: alg })] as const

/** Cases for the choice of the key that verifies a token (RFC 7515 section 4.1.4, RFC 8725 section 3.1). */
export const keys: readonly ContractCase[] = [
  ...each(['9068-14'], 'accepts RS256 by default', ok(), { RS256: token({ key: rs256 }) }),
  ...each(
    [],
    'accepts a token signed with a public-key algorithm',
    ok(),
    Object.fromEntries(
      [es256, es384, es512, ps256, ps384, ps512].map((key) => [key.alg, token({ key })]),
    ),
  ),
  ...each(['9864-51'], 'accepts Ed25519 with both names of the algorithm', ok(), {
    Ed25519: token({ key: ed25519 }),
    EdDSA: token({ key: ed25519, header: { alg: 'EdDSA' } }),
  }),
  ...each(['9864-51'], 'rejects EdDSA for a key that is not Ed25519', unknownKey, {
    'a P-256 key': token({ key: es256, header: { alg: 'EdDSA' } }),
  }),
  ...each(['9864-50'], 'rejects Ed448', badAlgorithm, {
    'with an Ed25519 key': token({ key: ed25519, header: { alg: 'Ed448' } }),
  }),

  ...each(
    ['8725-01'],
    'accepts a configured algorithm',
    ok(),
    { ES256: token() },
    { configuration: 'ES256 only' },
  ),
  ...each(
    ['8725-01'],
    'rejects an algorithm that is not configured',
    badAlgorithm,
    {
      RS256: token({ key: rs256 }),
      ES384: token({ key: es384 }),
    },
    { configuration: 'ES256 only' },
  ),
  ...each(['8725-01'], 'rejects an HMAC by default', badAlgorithm, {
    'with the PEM of a public key': hmac(createSecretKey(Buffer.from(pem)), issuerA.issuer, {
      kid: rs256.kid,
    }),
    'with the PEM of a public key, trimmed': hmac(
      createSecretKey(Buffer.from(pem.trim())),
      issuerA.issuer,
      { kid: rs256.kid },
    ),
    'with the DER of a public key': hmac(createSecretKey(der), issuerA.issuer, { kid: rs256.kid }),
    'with the JWK of a public key': hmac(
      createSecretKey(Buffer.from(JSON.stringify(rs256.jwk))),
      issuerA.issuer,
      { kid: rs256.kid },
    ),
    'with the modulus of a public key': hmac(
      createSecretKey(Buffer.from(rs256.jwk['n'] as string, 'base64url')),
      issuerA.issuer,
      { kid: rs256.kid },
    ),
  }),
  ...each(
    ['8725-04'],
    'accepts an HMAC with the secret of the issuer',
    ok({ issuer: issuerC.issuer }),
    {
      HS256: hmac(issuerC.secret, issuerC.issuer),
    },
    severalIssuers,
  ),
  ...each(
    ['8725-04'],
    'rejects an HMAC for an issuer without a secret',
    badAlgorithm,
    {
      HS256: hmac(issuerC.secret, issuerA.issuer),
    },
    severalIssuers,
  ),
  ...each(
    ['8725-04'],
    'rejects a public-key signature for the issuer that has only a secret',
    badAlgorithm,
    {
      ES256: token({ claims: { iss: issuerC.issuer } }),
    },
    severalIssuers,
  ),
  ...each(
    [],
    'rejects an HMAC with another secret',
    badSignature,
    {
      '32 zero octets': hmac(createSecretKey(Buffer.alloc(32)), issuerC.issuer),
    },
    severalIssuers,
  ),

  ...each(
    ['9068-08'],
    'rejects a token signed with a key of another issuer',
    badSignature,
    {
      'under the same kid': crossed(issuerA, issuerB),
      'without a kid': token({
        key: issuerB.keys[0]!,
        header: { kid: undefined },
      }),
    },
    severalIssuers,
  ),
  ...each(
    ['9068-08'],
    'rejects a token signed with a key of another issuer',
    unknownKey,
    {
      'under an unknown kid': token({
        key: issuerB.keys[0]!,
        header: { kid: 'its-own' },
      }),
    },
    severalIssuers,
  ),
  ...[issuerA, issuerB, issuerD].flatMap((from) =>
    [issuerA, issuerB, issuerD].flatMap((by) =>
      each(
        ['8725-12'],
        from === by
          ? 'accepts a token signed with a key of its issuer'
          : 'rejects a token signed with a key of another issuer',
        from === by ? ok({ issuer: from.issuer }) : badSignature,
        { [`a token of ${from.issuer} by a key of ${by.issuer}`]: crossed(from, by) },
        severalIssuers,
      ),
    ),
  ),

  ...each(['8725-02'], 'rejects an algorithm that does not match the key of the kid', unknownKey, {
    'RS256 with the kid of an EC key': token({ key: rs256, header: { kid: es256.kid } }),
    'PS256 with the kid of an RS256 key': token({ key: ps256, header: { kid: rs256.kid } }),
    'RS512 with the kid of an RS256 key': token({
      key: rs256,
      header: { alg: 'RS512' },
      signedWith: 'RS512',
    }),
    'Ed25519 with the kid of an EC key': token({ key: ed25519, header: { kid: es256.kid } }),
  }),
  ...each(
    ['8725bis-03'],
    'accepts RS256 with an RSA key without alg',
    ok(),
    { RS256: token({ key: rs256 }) },
    withoutAlg,
  ),
  ...each(
    ['8725bis-03'],
    'rejects an algorithm other than RS256 with an RSA key without alg',
    unknownKey,
    {
      PS512: token({ key: ps512, header: { kid: rs256.kid } }),
      PS256: token({ key: ps256, header: { kid: rs256.kid } }),
      RS512: token({ key: rs256, header: { alg: 'RS512' }, signedWith: 'RS512' }),
    },
    withoutAlg,
  ),
  ...each(
    ['8725bis-03'],
    'accepts the configured algorithms with an RSA key without alg',
    ok(),
    {
      RS256: token({ key: rs256 }),
      PS512: token({ key: ps512, header: { kid: rs256.kid } }),
    },
    { configuration: 'keys without alg, RS256 and PS512 in algorithms' },
  ),
  ...each(
    ['7518-30'],
    'accepts the algorithm of each curve',
    ok(),
    {
      ES256: token({ key: es256 }),
      ES384: token({ key: es384 }),
      ES512: token({ key: es512 }),
    },
    withoutAlg,
  ),
  ...each(
    ['7518-30'],
    'rejects the algorithm of another curve',
    unknownKey,
    Object.fromEntries([
      onOtherCurve('ES256', es384),
      onOtherCurve('ES256', es512),
      onOtherCurve('ES384', es256),
      onOtherCurve('ES384', es512),
      onOtherCurve('ES512', es256),
      onOtherCurve('ES512', es384),
    ]),
    withoutAlg,
  ),

  ...each(['7515-16'], 'accepts a token without kid if one key has its algorithm', ok(), {
    'signed with that key': token({ header: { kid: undefined } }),
  }),
  ...each(
    ['7515-16'],
    'accepts a token without kid that is signed with one of four keys',
    ok(),
    Object.fromEntries(
      manyKeys
        .slice(0, 4)
        .map((key, i) => [`signed with key ${i + 1}`, token({ key, header: { kid: undefined } })]),
    ),
    { configuration: 'four keys' },
  ),
  ...each(
    ['7515-16'],
    'rejects a token without kid if an unknown key has signed the token',
    badSignature,
    {
      'signed with another key': token({ key: generateKey('ES256'), header: { kid: undefined } }),
    },
    { configuration: 'four keys' },
  ),
  ...each(
    ['7515-16'],
    'rejects a token without kid if five keys have its algorithm',
    unknownKey,
    {
      'signed with one of these keys': token({ key: manyKeys[0]!, header: { kid: undefined } }),
    },
    { configuration: 'five keys' },
  ),
  ...each(
    ['7515-16'],
    'accepts a token signed with the key that its kid names',
    ok(),
    { 'one of five keys': token({ key: manyKeys[4]! }) },
    { configuration: 'five keys' },
  ),
  ...each(
    ['7515-16'],
    'rejects a token that is not signed with the key that its kid names',
    badSignature,
    {
      'another of five keys': token({ key: manyKeys[4]!, header: { kid: manyKeys[0]!.kid } }),
    },
    { configuration: 'five keys' },
  ),
  ...each(
    [],
    'responds with 503 to a token that cannot be verified with keys from an old HTTP cache',
    unavailable('4', 'keys_refresh_pending'),
    {
      'a new kid': token({ key: es256, header: { kid: 'new' } }),
      'the kid of another key': token({ key: attacker, header: { kid: es256.kid } }),
      'a new kid without iat': token({
        key: es256,
        header: { kid: 'new' },
        claims: { iat: undefined },
      }),
    },
    { configuration: 'keys from an old cache' },
  ),
]
