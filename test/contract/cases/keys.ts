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

/** A token of one issuer with the key of another. */
const crossed = (from: TestIssuer, by: TestIssuer) =>
  token({ key: by.keys[0]!, claims: { iss: from.issuer } })

/** A token with an HMAC over it. */
function hmac(secret: KeyObject, iss: string, header: Record<string, unknown> = {}): string {
  const claims = { ...USUAL_CLAIMS, iss }
  return signCompact({ alg: 'HS256', typ: 'at+jwt', ...header }, claims, 'HS256', secret)
}
const pem = rs256.publicKey.export({ format: 'pem', type: 'spki' }) as string
const der = rs256.publicKey.export({ format: 'der', type: 'spki' })

/** The signature as the algorithm `alg` makes it, by a key of another curve. */
const onOtherCurve = (alg: string, key: TestKey) =>
  [`${alg} with the key of ${key.alg}`, token({ key, header: { alg }, signedWith: alg })] as const

/** Which key verifies which token (RFC 7515 section 4.1.4, RFC 8725 section 3.1). */
export const keys: readonly ContractCase[] = [
  ...each(['9068-14'], 'verifies RS256 out of the box', ok(), { RS256: token({ key: rs256 }) }),
  ...each(
    [],
    'verifies every algorithm with a public key',
    ok(),
    Object.fromEntries(
      [es256, es384, es512, ps256, ps384, ps512].map((key) => [key.alg, token({ key })]),
    ),
  ),
  ...each(['9864-51'], 'verifies Ed25519 under both its names', ok(), {
    Ed25519: token({ key: ed25519 }),
    EdDSA: token({ key: ed25519, header: { alg: 'EdDSA' } }),
  }),
  ...each(['9864-51'], 'takes EdDSA for Ed25519 alone', unknownKey, {
    'a key of another kind': token({ key: es256, header: { alg: 'EdDSA' } }),
  }),
  ...each(['9864-50'], 'knows no Ed448', badAlgorithm, {
    'with a key on Ed25519': token({ key: ed25519, header: { alg: 'Ed448' } }),
  }),

  ...each(
    ['8725-01'],
    'takes the algorithms that are named',
    ok(),
    { ES256: token() },
    { configuration: 'ES256 only' },
  ),
  ...each(
    ['8725-01'],
    'takes no algorithm that is not named',
    badAlgorithm,
    {
      RS256: token({ key: rs256 }),
      ES384: token({ key: es384 }),
    },
    { configuration: 'ES256 only' },
  ),
  ...each(['8725-01'], 'takes no HMAC by default', badAlgorithm, {
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
    'takes an HMAC from the issuer that has a secret',
    ok({ issuer: issuerC.issuer }),
    {
      HS256: hmac(issuerC.secret, issuerC.issuer),
    },
    severalIssuers,
  ),
  ...each(
    ['8725-04'],
    'takes an HMAC from no other issuer',
    badAlgorithm,
    {
      HS256: hmac(issuerC.secret, issuerA.issuer),
    },
    severalIssuers,
  ),
  ...each(
    ['8725-04'],
    'takes nothing but an HMAC from the issuer that has a secret',
    badAlgorithm,
    {
      ES256: token({ claims: { iss: issuerC.issuer } }),
    },
    severalIssuers,
  ),
  ...each(
    [],
    'wants the right secret',
    badSignature,
    {
      'another one': hmac(createSecretKey(Buffer.alloc(32)), issuerC.issuer),
    },
    severalIssuers,
  ),

  ...each(
    ['9068-08'],
    'takes no key but those of the issuer',
    badSignature,
    {
      'the key of the other, under the same id': crossed(issuerA, issuerB),
      'the key of the other, without an id': token({
        key: issuerB.keys[0]!,
        header: { kid: undefined },
      }),
    },
    severalIssuers,
  ),
  ...each(
    ['9068-08'],
    'takes no key but those of the issuer',
    unknownKey,
    {
      'the key of the other, under an id of its own': token({
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
        'takes the keys of each issuer for its own tokens alone',
        from === by ? ok({ issuer: from.issuer }) : badSignature,
        { [`a token of ${from.issuer} by a key of ${by.issuer}`]: crossed(from, by) },
        severalIssuers,
      ),
    ),
  ),

  ...each(['8725-02'], 'holds the algorithm against the key', unknownKey, {
    'RS256 with the id of an EC key': token({ key: rs256, header: { kid: es256.kid } }),
    'PS256 with the id of a key for RS256': token({ key: ps256, header: { kid: rs256.kid } }),
    'RS512 with the id of a key for RS256': token({
      key: rs256,
      header: { alg: 'RS512' },
      signedWith: 'RS512',
    }),
    'Ed25519 with the id of an EC key': token({ key: ed25519, header: { kid: es256.kid } }),
  }),
  ...each(
    ['8725bis-03'],
    'uses an RSA key without alg for RS256',
    ok(),
    { RS256: token({ key: rs256 }) },
    withoutAlg,
  ),
  ...each(
    ['8725bis-03'],
    'uses an RSA key without alg for nothing else',
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
    'uses an RSA key without alg for the algorithms that are named',
    ok(),
    {
      RS256: token({ key: rs256 }),
      PS512: token({ key: ps512, header: { kid: rs256.kid } }),
    },
    { configuration: 'keys without alg, RS256 and PS512 named' },
  ),
  ...each(
    ['7518-30'],
    'uses each curve for its own algorithm',
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
    'uses no curve for the algorithm of another',
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

  ...each(['7515-16'], 'tries the one key there is for a token without a key id', ok(), {
    'the right one': token({ header: { kid: undefined } }),
  }),
  ...each(
    ['7515-16'],
    'tries up to four keys for a token without a key id',
    ok(),
    Object.fromEntries(
      manyKeys
        .slice(0, 4)
        .map((key, i) => [
          `the right one in place ${i + 1}`,
          token({ key, header: { kid: undefined } }),
        ]),
    ),
    { configuration: 'four keys' },
  ),
  ...each(
    ['7515-16'],
    'tries up to four keys for a token without a key id',
    badSignature,
    {
      'none of them right': token({ key: generateKey('ES256'), header: { kid: undefined } }),
    },
    { configuration: 'four keys' },
  ),
  ...each(
    ['7515-16'],
    'tries none of five for a token without a key id',
    unknownKey,
    {
      'the right one among them': token({ key: manyKeys[0]!, header: { kid: undefined } }),
    },
    { configuration: 'five keys' },
  ),
  ...each(
    ['7515-16'],
    'takes the key that is named',
    ok(),
    { 'one of five': token({ key: manyKeys[4]! }) },
    { configuration: 'five keys' },
  ),
  ...each(
    ['7515-16'],
    'takes no key but the one that is named',
    badSignature,
    {
      'another of five': token({ key: manyKeys[4]!, header: { kid: manyKeys[0]!.kid } }),
    },
    { configuration: 'five keys' },
  ),
  ...each(
    [],
    'cannot tell a key that it does not have from a new one, where the keys are from an old cache',
    unavailable('4', 'keys_refresh_pending'),
    {
      'a key id of its own': token({ key: es256, header: { kid: 'new' } }),
      'the key id of another key': token({ key: attacker, header: { kid: es256.kid } }),
      'no iat': token({ key: es256, header: { kid: 'new' }, claims: { iat: undefined } }),
    },
    { configuration: 'keys from an old cache' },
  ),
]
