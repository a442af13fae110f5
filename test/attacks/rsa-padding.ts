import { signBytes, type TestKey } from '../support/keys.ts'
import { toNumber, toOctets } from '../support/numbers.ts'
import {
  getDigestInfo,
  digestInfoWithoutNull,
  getDigest,
  padPkcs1,
  padPss,
  rawRsa,
} from '../support/rsa.ts'
import { splitToken, withSignature } from '../support/tokens.ts'
import { type Attack, accepted, invalidToken } from './attack.ts'
import { type ForgeSignature, forgedSignatures, withForgedSignature } from './forged-tokens.ts'
import { getKey } from './forged-tokens.ts'

const readModulus = (key: TestKey) => toNumber(Buffer.from(key.jwk['n'] as string, 'base64url'))

const lessThanTheModulus: ForgeSignature = (_, __, key) => toOctets(readModulus(key) - 1n, 256)

/** Signs the input with another algorithm. */
const by =
  (alg: string): ForgeSignature =>
  (_, input, key) =>
    signBytes(alg, key.privateKey, input)

/** Signs, with the right key, the octets that `encode` returns. */
const padding =
  (encode: (input: Buffer) => Buffer): ForgeSignature =>
  (_, input, key) =>
    rawRsa(key.privateKey, encode(input))

const pkcs1 = (options?: Parameters<typeof padPkcs1>[1]) =>
  padding((input) => padPkcs1(getDigestInfo('sha256', input), options))
const pss = (options?: Parameters<typeof padPss>[1]) => padding((input) => padPss(input, options))

/** Wrong variants of PKCS #1 v1.5 (RFC 8017 section 9.2). */
const RS256: readonly (readonly [name: string, forge: ForgeSignature])[] = [
  ['s = 0', () => Buffer.alloc(256)],
  ['s = 1', () => toOctets(1n, 256)],
  ['s = n - 1', lessThanTheModulus],
  ['s = n', (_, __, key) => toOctets(readModulus(key), 256)],
  ['s + n in 257 bytes', (sig, _, key) => toOctets(toNumber(sig) + readModulus(key), 257)],
  ['PSS', by('PS256')],
  ['SHA-1', by('RS1')],
  ['SHA-384', by('RS384')],
  ['a short padding and trailing garbage', pkcs1({ fillLength: 8, behind: 0xa5 })],
  ['a short padding and trailing zeros', pkcs1({ fillLength: 8 })],
  ['no padding', pkcs1({ fillLength: 0 })],
  ['a padding of zeros', pkcs1({ fill: 0 })],
  ['block type 2', pkcs1({ type: 2 })],
  ['a DigestInfo with SHA-1', padding((input) => padPkcs1(getDigestInfo('sha1', input)))],
  ['a digest without DigestInfo', padding((input) => padPkcs1(getDigest('sha256', input)))],
  ['a DigestInfo without NULL', padding((input) => padPkcs1(digestInfoWithoutNull(input)))],
]

/** Wrong variants of PSS. RFC 7518 section 3.5 requires a salt as long as the hash, and MGF1 with the same hash. */
const PS256: readonly (readonly [name: string, forge: ForgeSignature])[] = [
  ...[0, 1, 20, 31, 33, 256 - 32 - 2].map(
    (salt) => [`a salt of ${salt} bytes`, pss({ salt })] as const,
  ),
  ['SHA-1', pss({ hash: 'sha1', salt: 20 })],
  ['SHA-1 and a salt of 32 bytes', pss({ hash: 'sha1' })],
  ['SHA-384', pss({ hash: 'sha384', salt: 48 })],
  ['PKCS #1 v1.5', by('RS256')],
  ['s = 1', () => toOctets(1n, 256)],
  ['s = n - 1', lessThanTheModulus],
  ['MGF1 with SHA-1', pss({ mask: 'sha1' })],
]

export const RSA_PADDING: readonly Attack[] = [
  ...forgedSignatures('RS256', RS256),
  ...forgedSignatures('PS256', PS256),
  {
    name: 'RS256 signature: s + n in 256 bytes',
    attack(target) {
      const key = getKey(target.issuer, 'RS256')
      const modulus = readModulus(key)
      for (let attempt = 0; attempt < 10_000; attempt++) {
        const token = target.issuer.token({ key, claims: { jti: `attempt-${attempt}` } })
        const sum = toNumber(Buffer.from(splitToken(token)[2], 'base64url')) + modulus
        if (sum < 2n ** 2048n) return withSignature(token, () => toOctets(sum, 256))
      }
      throw new Error('No signature is small enough.')
    },
    outcome: invalidToken('invalid_signature'),
  },
  {
    name: 'PS256 signature: the right padding, encoded by the test',
    attack: ({ issuer }) => withForgedSignature(issuer, 'PS256', pss()),
    outcome: accepted,
  },
  {
    name: 'RS256 signature: the right padding, encoded by the test',
    attack: ({ issuer }) => withForgedSignature(issuer, 'RS256', pkcs1()),
    outcome: accepted,
  },
]
