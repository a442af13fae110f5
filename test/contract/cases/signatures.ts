import { sign } from 'node:crypto'
import type { TestKey } from '../../support/keys.ts'
import { padPss, rawRsa } from '../../support/rsa.ts'
import { withSignature } from '../../support/tokens.ts'
import { type ContractCase, each } from '../contract-case.ts'
import { KEYS, token } from '../fixture.ts'
import { invalidToken } from '../outcomes.ts'

const { es256, es384, es512, ed25519, rs256, ps256, ps384, ps512 } = KEYS
const badSignature = invalidToken('invalid_signature')

/** Creates a token whose signature is replaced by the result of `make`. */
function withNewSignature(key: TestKey, make: (usual: Buffer, input: Buffer) => Buffer): string {
  return withSignature(token({ key }), make)
}
const lengths = (key: TestKey) => ({
  [`${key.alg}, one octet too short`]: withNewSignature(key, (usual) => usual.subarray(0, -1)),
  [`${key.alg}, one octet too long`]: withNewSignature(key, (usual) =>
    Buffer.concat([usual, Buffer.of(0)]),
  ),
  [`${key.alg}, a leading zero octet`]: withNewSignature(key, (usual) =>
    Buffer.concat([Buffer.of(0), usual]),
  ),
})
/** Creates a token whose signature has a zero octet before each number. */
const widened = (key: TestKey) =>
  withNewSignature(key, (usual) => {
    const half = usual.length / 2
    return Buffer.concat([
      Buffer.of(0),
      usual.subarray(0, half),
      Buffer.of(0),
      usual.subarray(half),
    ])
  })
const inDer = (key: TestKey) =>
  withNewSignature(key, (_, input) => sign(`sha${key.alg.slice(2)}`, input, key.privateKey))
const padded = (key: TestKey, options: Parameters<typeof padPss>[1]) =>
  withNewSignature(key, (_, input) => rawRsa(key.privateKey, padPss(input, options)))
const salts = (key: TestKey) =>
  Object.fromEntries(
    [0, 20, 222 - (Number(key.alg.slice(2)) - 256) / 8].map((salt) => [
      `${key.alg}, salt of ${salt} octets`,
      padded(key, { hash: `sha${key.alg.slice(2)}`, salt }),
    ]),
  )

/** Cases for the form of signatures by the right keys (RFC 7518 sections 3.3 to 3.5, RFC 8037 section 3.1). */
export const signatures: readonly ContractCase[] = [
  ...each(['7518-29'], 'rejects an ECDSA signature of the wrong length', badSignature, {
    ...lengths(es256),
    ...lengths(es384),
    ...lengths(es512),
  }),
  ...each(['7518-29'], 'rejects an ECDSA signature of the wrong form', badSignature, {
    'a zero octet before each number of ES256': widened(es256),
    'a zero octet before each number of ES384': widened(es384),
    'a zero octet before each number of ES512': widened(es512),
    'DER for ES256': inDer(es256),
    'DER for ES384': inDer(es384),
    'DER for ES512': inDer(es512),
  }),
  ...each(['7518-29'], 'rejects an empty ECDSA signature', invalidToken('malformed_token'), {
    'with ES256': withNewSignature(es256, () => Buffer.alloc(0)),
    'with ES384': withNewSignature(es384, () => Buffer.alloc(0)),
    'with ES512': withNewSignature(es512, () => Buffer.alloc(0)),
  }),
  ...each([], 'rejects an ECDSA signature whose r or s is zero', badSignature, {
    'both numbers zero': withNewSignature(es256, () => Buffer.alloc(64)),
    'the first number zero': withNewSignature(es256, (usual) => usual.fill(0, 0, 32)),
    'the second number zero': withNewSignature(es256, (usual) => usual.fill(0, 32)),
  }),
  ...each(['7518-31'], 'rejects a PSS salt that is not as long as the hash', badSignature, {
    ...salts(ps256),
    ...salts(ps384),
    ...salts(ps512),
  }),
  ...each(['7518-31'], 'rejects a PSS mask with another hash', badSignature, {
    'SHA-1 in PS256': padded(ps256, { mask: 'sha1' }),
  }),
  ...each([], 'rejects an RSA signature with the padding of another algorithm', badSignature, {
    'PKCS #1 for PS256': token({ key: ps256, signedWith: 'RS256' }),
    'PSS for RS256': token({ key: rs256, signedWith: 'PS256' }),
  }),
  ...each(
    ['8037-49'],
    'rejects an Ed25519 signature that is not 64 octets long',
    badSignature,
    lengths(ed25519),
  ),
]
