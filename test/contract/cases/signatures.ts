import { sign } from 'node:crypto'
import type { TestKey } from '../../support/keys.ts'
import { pssOf, rawRsa } from '../../support/rsa.ts'
import { withSignature } from '../../support/tokens.ts'
import { type ContractCase, each } from '../contract-case.ts'
import { KEYS, token } from '../fixture.ts'
import { invalidToken } from '../outcomes.ts'

const { es256, es384, es512, ed25519, rs256, ps256, ps384, ps512 } = KEYS
const badSignature = invalidToken('invalid_signature')

/** A token of a key whose signature is made, or changed, by hand. */
function resigned(key: TestKey, make: (usual: Buffer, input: Buffer) => Buffer): string {
  return withSignature(token({ key }), make)
}
const lengths = (key: TestKey) => ({
  [`${key.alg}, one octet less`]: resigned(key, (usual) => usual.subarray(0, -1)),
  [`${key.alg}, one octet more`]: resigned(key, (usual) => Buffer.concat([usual, Buffer.of(0)])),
  [`${key.alg}, one octet more in front`]: resigned(key, (usual) =>
    Buffer.concat([Buffer.of(0), usual]),
  ),
})
/** Two numbers of the right value, each an octet longer than the field. */
const widened = (key: TestKey) =>
  resigned(key, (usual) => {
    const half = usual.length / 2
    return Buffer.concat([
      Buffer.of(0),
      usual.subarray(0, half),
      Buffer.of(0),
      usual.subarray(half),
    ])
  })
const inDer = (key: TestKey) =>
  resigned(key, (_, input) => sign(`sha${key.alg.slice(2)}`, input, key.privateKey))
const padded = (key: TestKey, options: Parameters<typeof pssOf>[1]) =>
  resigned(key, (_, input) => rawRsa(key.privateKey, pssOf(input, options)))
const salts = (key: TestKey) =>
  Object.fromEntries(
    [0, 20, 222 - (Number(key.alg.slice(2)) - 256) / 8].map((salt) => [
      `${key.alg}, ${salt} octets`,
      padded(key, { hash: `sha${key.alg.slice(2)}`, salt }),
    ]),
  )

/** The form of signatures (RFC 7518 sections 3.3 to 3.5, RFC 8037 section 3.1), by the right keys. */
export const signatures: readonly ContractCase[] = [
  ...each(['7518-29'], 'wants ECDSA signatures of the right length', badSignature, {
    ...lengths(es256),
    ...lengths(es384),
    ...lengths(es512),
  }),
  ...each(['7518-29'], 'wants ECDSA signatures of the right form', badSignature, {
    'a zero octet before each number of ES256': widened(es256),
    'a zero octet before each number of ES384': widened(es384),
    'a zero octet before each number of ES512': widened(es512),
    'DER for ES256': inDer(es256),
    'DER for ES384': inDer(es384),
    'DER for ES512': inDer(es512),
  }),
  ...each(['7518-29'], 'wants an ECDSA signature', invalidToken('malformed_token'), {
    'none for ES256': resigned(es256, () => Buffer.alloc(0)),
    'none for ES384': resigned(es384, () => Buffer.alloc(0)),
    'none for ES512': resigned(es512, () => Buffer.alloc(0)),
  }),
  ...each([], 'takes no ECDSA signature of zeros', badSignature, {
    'both numbers zero': resigned(es256, () => Buffer.alloc(64)),
    'the first number zero': resigned(es256, (usual) => usual.fill(0, 0, 32)),
    'the second number zero': resigned(es256, (usual) => usual.fill(0, 32)),
  }),
  ...each(['7518-31'], 'wants PSS salts as long as the hash', badSignature, {
    ...salts(ps256),
    ...salts(ps384),
    ...salts(ps512),
  }),
  ...each(['7518-31'], 'wants PSS masks made with the same hash', badSignature, {
    'SHA-1 under PS256': padded(ps256, { mask: 'sha1' }),
  }),
  ...each([], 'keeps the paddings of RSA apart', badSignature, {
    'PKCS #1 under PS256': token({ key: ps256, signedWith: 'RS256' }),
    'PSS under RS256': token({ key: rs256, signedWith: 'PS256' }),
  }),
  ...each(['8037-49'], 'wants Ed25519 signatures of 64 octets', badSignature, lengths(ed25519)),
]
