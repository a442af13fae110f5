import { createHash, sign } from 'node:crypto'
import { signBytes, type TestKey } from '../support/keys.ts'
import { fromLittleEndian, toLittleEndian, toNumber, toOctets } from '../support/numbers.ts'
import { splitToken, withSignature } from '../support/tokens.ts'
import { type Attack, accepted, invalidToken } from './attack.ts'
import { type ForgeSignature, forgedSignatures, withForgedSignature } from './forged-tokens.ts'
import { ALGORITHMS } from './target.ts'

const malformed = invalidToken('malformed_token')

/** The order of the group of P-256 (FIPS 186-4 appendix D.1.2.3). */
const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
/** The order of the group of Ed25519 (RFC 8032 section 5.1). */
const ED25519_ORDER = 2n ** 252n + 27742317777372353535851937790883648493n

/** Flips one bit of the signature. A negative number counts from the end. */
const flipped = (bit: number): ForgeSignature => {
  return (signature) => {
    const at = bit < 0 ? signature.length * 8 + bit : bit
    signature[at >> 3]! ^= 0x80 >> (at & 7)
    return signature
  }
}

const describeBit = (bit: number) => (bit < 0 ? `bit ${-bit} from the end` : `bit ${bit}`)

/** Forged signatures that are invalid for every algorithm. */
const ANY: readonly (readonly [name: string, forge: ForgeSignature])[] = [
  ...[0, 1, 7, 8, 100, 255, 256, 300, -256, -8, -1].map(
    (bit) => [`${describeBit(bit)} flipped`, flipped(bit)] as const,
  ),
  ['the last byte missing', (s) => s.subarray(0, -1)],
  ['the first byte missing', (s) => s.subarray(1)],
  ['a trailing byte', (s) => Buffer.concat([s, Buffer.of(1)])],
  ['a trailing zero byte', (s) => Buffer.concat([s, Buffer.of(0)])],
  ['a leading zero byte', (s) => Buffer.concat([Buffer.of(0), s])],
  ['the first half', (s) => s.subarray(0, s.length / 2)],
  ['the first byte', (s) => s.subarray(0, 1)],
  ['the signature twice', (s) => Buffer.concat([s, s])],
  ['the bytes in reverse', reversed],
  ['all bits zero', (s) => s.fill(0)],
  ['all bits one', (s) => s.fill(255)],
  ['the hash of the signed input', (_, input) => createHash('sha256').update(input).digest()],
  ['made over the header', (_, input, key) => signedAs(key, readHeader(input))],
  ['made over the input without its dot', (_, input, key) => signedAs(key, withoutDot(input))],
  ['made over the decoded parts', (_, input, key) => signedAs(key, decoded(input))],
]

function signedAs(key: TestKey, data: Uint8Array): Buffer {
  return signBytes(key.alg, key.privateKey, data)
}

function readHeader(input: Buffer): Buffer {
  return input.subarray(0, input.indexOf('.'))
}

function withoutDot(input: Buffer): Buffer {
  return Buffer.from(input.toString().replace('.', ''))
}

function decoded(input: Buffer): Buffer {
  return Buffer.from(
    splitToken(input.toString())
      .map((part) => Buffer.from(part, 'base64url').toString())
      .join('.'),
  )
}

const pair = (r: bigint, s: bigint) => Buffer.concat([toOctets(r, 32), toOctets(s, 32)])
const readR = (signature: Buffer) => toNumber(signature.subarray(0, 32))
const readS = (signature: Buffer) => toNumber(signature.subarray(32))

/** Wrong variants of ECDSA (RFC 7518 section 3.4). r and s are from 1 to n - 1 (FIPS 186-4 section 6.4). */
const ECDSA: readonly (readonly [name: string, forge: ForgeSignature])[] = [
  ['r = 0', (sig) => pair(0n, readS(sig))],
  ['s = 0', (sig) => pair(readR(sig), 0n)],
  ['r = s = 0', () => pair(0n, 0n)],
  ['r = s = 1', () => pair(1n, 1n)],
  ['r = n', (sig) => pair(P256_ORDER, readS(sig))],
  ['s = n', (sig) => pair(readR(sig), P256_ORDER)],
  ['r = s = n', () => pair(P256_ORDER, P256_ORDER)],
  ['r = n + 1', (sig) => pair(P256_ORDER + 1n, readS(sig))],
  ['s = n + 1', (sig) => pair(readR(sig), P256_ORDER + 1n)],
  ['r = n - 1, s = 1', () => pair(P256_ORDER - 1n, 1n)],
  ['r and s swapped', (sig) => pair(readS(sig), readR(sig))],
  ['r of 31 bytes', (sig) => sig.subarray(1)],
  [
    'r and s of 33 bytes',
    (sig) =>
      Buffer.concat([[0], sig.subarray(0, 32), [0], sig.subarray(32)].map((x) => Buffer.from(x))),
  ],
  ['DER', (_, input, key) => sign('sha256', input, key.privateKey)],
  ['SHA-1', (_, input, key) => signBytes('ES1', key.privateKey, input)],
  ['SHA-384', (_, input, key) => signBytes('ES384', key.privateKey, input)],
  ['SHA-512', (_, input, key) => signBytes('ES512', key.privateKey, input)],
]

/** Wrong variants of Ed25519 (RFC 8032 section 5.1.7). */
const ED25519: readonly (readonly [name: string, forge: ForgeSignature])[] = [
  [
    'S plus the order',
    (sig) =>
      Buffer.concat([
        sig.subarray(0, 32),
        toLittleEndian(fromLittleEndian(sig.subarray(32)) + ED25519_ORDER, 32),
      ]),
  ],
  ['S = 0 and R the neutral element', () => NEUTRAL_SIGNATURE],
  ['R and S swapped', (sig) => Buffer.concat([sig.subarray(32), sig.subarray(0, 32)])],
]

const NEUTRAL_SIGNATURE = Buffer.concat([Buffer.of(1), Buffer.alloc(63)])

function reversed(bytes: Buffer): Buffer {
  return Buffer.from(bytes).map((_, i) => bytes.at(-1 - i)!) as Buffer
}

export const SIGNATURE: readonly Attack[] = [
  ...ALGORITHMS.flatMap((alg) => forgedSignatures(alg, ANY)),
  ...forgedSignatures('ES256', ECDSA),
  ...forgedSignatures('Ed25519', ED25519),
  {
    name: 'ES256 signature: n - s, the second valid signature of every message',
    attack: ({ issuer }) =>
      withForgedSignature(issuer, 'ES256', (sig) => pair(readR(sig), P256_ORDER - readS(sig))),
    outcome: accepted,
  },
  {
    name: 'a signature of no bytes',
    attack: ({ issuer }) => withSignature(issuer.token(), () => Buffer.alloc(0)),
    outcome: malformed,
  },
]
