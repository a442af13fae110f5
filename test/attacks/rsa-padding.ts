import { constants, createHash, privateEncrypt, sign } from 'node:crypto'
import { signBytes, type TestKey } from '../support/keys.ts'
import { type Attack, harmless, invalidToken } from './attack.ts'
import {
  bigIntOfBytes,
  bytesOfBigInt,
  type Forgery,
  forgery,
  keyOf,
  partsOf,
  withSignature,
} from './forging.ts'

const forged = invalidToken('invalid_signature')

const modulusOf = (key: TestKey) => Buffer.from(key.jwk['n'] as string, 'base64url')
const minusOne = (key: TestKey) => bytesOfBigInt(bigIntOfBytes(modulusOf(key)) - 1n, 256)

/** Signs an encoded message as it stands: a padding of the attacker's choice under the right key. */
function rawRsa(key: TestKey, message: Uint8Array): Buffer {
  return privateEncrypt({ key: key.privateKey, padding: constants.RSA_NO_PADDING }, message)
}

/** AlgorithmIdentifier and the head of the OCTET STRING (RFC 8017 section 9.2, note 1). */
const SHA256_INFO = Buffer.from('3031300d060960864801650304020105000420', 'hex')
const SHA256_INFO_WITHOUT_NULL = Buffer.from('302f300b06096086480165030402010420', 'hex')
const SHA1_INFO = Buffer.from('3021300906052b0e03021a05000414', 'hex')

/** RFC 8017 section 9.2, with something off. */
function pkcs1(parts: {
  type?: number
  filler?: number
  fillerLength?: number
  info?: Buffer
  digest: Buffer
  garbage?: boolean
}): Buffer {
  const { type = 1, filler = 0xff, info = SHA256_INFO, digest, garbage = false } = parts
  const end = Buffer.concat([Buffer.of(0), info, digest])
  const length = parts.fillerLength ?? 256 - 2 - end.length
  const head = Buffer.concat([Buffer.of(0, type), Buffer.alloc(length, filler), end])
  return Buffer.concat([head, Buffer.alloc(256 - head.length, garbage ? 0xa5 : 0)])
}

const sha256 = (input: Buffer) => createHash('sha256').update(input).digest()

const RS256: readonly (readonly [name: string, forge: Forgery])[] = [
  ['s = 0', () => Buffer.alloc(256)],
  ['s = 1', () => bytesOfBigInt(1n, 256)],
  ['s = n - 1', (_, __, key) => minusOne(key)],
  ['s = n', (_, __, key) => modulusOf(key)],
  [
    's + n, in 257 bytes',
    (sig, _, key) => bytesOfBigInt(bigIntOfBytes(sig) + bigIntOfBytes(modulusOf(key)), 257),
  ],
  ['PSS', (_, input, key) => signBytes('PS256', key.privateKey, input)],
  ['SHA-1', (_, input, key) => signBytes('RS1', key.privateKey, input)],
  ['SHA-384', (_, input, key) => signBytes('RS384', key.privateKey, input)],
  [
    'a short padding, and garbage behind',
    (_, input, key) =>
      rawRsa(key, pkcs1({ digest: sha256(input), fillerLength: 8, garbage: true })),
  ],
  [
    'a short padding, and zeros behind',
    (_, input, key) => rawRsa(key, pkcs1({ digest: sha256(input), fillerLength: 8 })),
  ],
  [
    'no padding at all',
    (_, input, key) => rawRsa(key, pkcs1({ digest: sha256(input), fillerLength: 0 })),
  ],
  [
    'a padding of zeros',
    (_, input, key) => rawRsa(key, pkcs1({ digest: sha256(input), filler: 0 })),
  ],
  ['block type 2', (_, input, key) => rawRsa(key, pkcs1({ digest: sha256(input), type: 2 }))],
  [
    'a digest of SHA-1 inside',
    (_, input, key) =>
      rawRsa(key, pkcs1({ info: SHA1_INFO, digest: createHash('sha1').update(input).digest() })),
  ],
  [
    'a digest without its name',
    (_, input, key) => rawRsa(key, pkcs1({ info: Buffer.alloc(0), digest: sha256(input) })),
  ],
  [
    'a name without its NULL',
    (_, input, key) =>
      rawRsa(key, pkcs1({ info: SHA256_INFO_WITHOUT_NULL, digest: sha256(input) })),
  ],
]

/** RFC 7518 section 3.5: a salt of the length of the hash, and MGF1 with the same hash. */
const PS256: readonly (readonly [name: string, forge: Forgery])[] = [
  ...[0, 1, 20, 31, 33, constants.RSA_PSS_SALTLEN_MAX_SIGN].map(
    (saltLength) => [`a salt of ${saltLength} bytes`, pss('sha256', saltLength)] as const,
  ),
  ['SHA-1', pss('sha1', 20)],
  ['SHA-1 and a salt of 32 bytes', pss('sha1', 32)],
  ['SHA-384', pss('sha384', 48)],
  ['PKCS #1 v1.5', (_, input, key) => signBytes('RS256', key.privateKey, input)],
  ['s = 1', () => bytesOfBigInt(1n, 256)],
  ['s = n - 1', (_, __, key) => minusOne(key)],
  ['MGF1 with SHA-1', (_, input, key) => rawRsa(key, pssMessage(input, 'sha1'))],
]

function pss(hash: string, saltLength: number): Forgery {
  return (_, input, key) =>
    sign(hash, input, {
      key: key.privateKey,
      padding: constants.RSA_PKCS1_PSS_PADDING,
      saltLength,
    })
}

function mgf1(seed: Buffer, length: number, hash: string): Buffer {
  const blocks: Buffer[] = []
  for (let counter = 0; blocks.length * 20 < length; counter++) {
    const count = Buffer.alloc(4)
    count.writeUInt32BE(counter)
    blocks.push(createHash(hash).update(seed).update(count).digest())
  }
  return Buffer.concat(blocks).subarray(0, length)
}

/** RFC 8017 section 9.1.1 with SHA-256 and 32 bytes of salt, and a hash of one's choice for the mask. */
function pssMessage(input: Buffer, maskHash: string): Buffer {
  const salt = Buffer.alloc(32, 7)
  const hash = sha256(Buffer.concat([Buffer.alloc(8), sha256(input), salt]))
  const block = Buffer.concat([Buffer.alloc(256 - 32 - 32 - 2), Buffer.of(1), salt])
  const mask = mgf1(hash, block.length, maskHash)
  const masked = block.map((byte, i) => byte ^ mask[i]!)
  masked[0]! &= 0x7f
  return Buffer.concat([masked, hash, Buffer.of(0xbc)])
}

const byFamily = (
  [
    ['RS256', RS256],
    ['PS256', PS256],
  ] as const
).flatMap(([alg, forgeries]) =>
  forgeries.map(([name, forge]): Attack => {
    return {
      name: `${alg}: ${name}`,
      attack: ({ issuer }) => forgery(issuer, alg, forge),
      outcome: forged,
    }
  }),
)

export const RSA_PADDING: readonly Attack[] = [
  ...byFamily,
  {
    name: 'RS256: s + n, in 256 bytes',
    attack(target) {
      const key = keyOf(target.issuer, 'RS256')
      const modulus = bigIntOfBytes(modulusOf(key))
      for (let attempt = 0; attempt < 10_000; attempt++) {
        const token = target.issuer.token({ key, claims: { jti: `attempt-${attempt}` } })
        const sum = bigIntOfBytes(Buffer.from(partsOf(token)[2], 'base64url')) + modulus
        if (sum < 2n ** 2048n) return withSignature(token, () => bytesOfBigInt(sum, 256))
      }
      throw new Error('no signature is small enough')
    },
    outcome: forged,
  },
  {
    name: 'PS256: MGF1 with SHA-256, put together by hand',
    attack: ({ issuer }) =>
      forgery(issuer, 'PS256', (_, input, key) => rawRsa(key, pssMessage(input, 'sha256'))),
    outcome: harmless,
  },
  {
    name: 'RS256: the right padding, put together by hand',
    attack: ({ issuer }) =>
      forgery(issuer, 'RS256', (_, input, key) => rawRsa(key, pkcs1({ digest: sha256(input) }))),
    outcome: harmless,
  },
]
