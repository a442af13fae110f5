import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { der, OCTET_STRING, SEQUENCE } from '../../../../test/support/der.ts'
import { generateKey, signBytes } from '../../../../test/support/keys.ts'
import { numberOf, octetsOf } from '../../../../test/support/numbers.ts'
import {
  digestInfoOf,
  digestInfoWithoutNull,
  digestOf,
  pkcs1Of,
  pssOf,
  rawRsa,
} from '../../../../test/support/rsa.ts'
import { accepts, ENGINES, toMaterial } from '../support/engines.ts'
import { toJws, toSigningInput } from '../support/jws.ts'

const key = generateKey('RS256')
const n = numberOf(Buffer.from(key.jwk['n'] as string, 'base64url'))

const RS256 = toSigningInput('RS256')
const digest = digestOf('sha256', RS256)
const content = digestInfoOf('sha256', RS256)

/** Signs with the private operation alone, over octets that no signer would make. */
const forge = (encoded: Buffer) => rawRsa(key.privateKey, encoded)
const edited = (at: number, octet: number) => {
  const encoded = pkcs1Of(content)
  encoded[at] = octet
  return encoded
}

const BAD_PKCS1: [what: string, encoded: Buffer][] = [
  ['no NULL behind the name of the hash', pkcs1Of(digestInfoWithoutNull(RS256))],
  [
    'an empty sequence in place of the NULL',
    pkcs1Of(Buffer.from(`3031300d060960864801650304020130000420${digest.toString('hex')}`, 'hex')),
  ],
  [
    'a long form of a length',
    pkcs1Of(
      Buffer.from(`308131300d060960864801650304020105000420${digest.toString('hex')}`, 'hex'),
    ),
  ],
  ['SHA-1', pkcs1Of(digestInfoOf('sha1', RS256))],
  ['SHA-384', pkcs1Of(digestInfoOf('sha384', RS256))],
  ['SHA-512', pkcs1Of(digestInfoOf('sha512', RS256))],
  ['MD5', pkcs1Of(digestInfoOf('md5', RS256))],
  [
    'the name of SHA-512 before a SHA-256 digest',
    pkcs1Of(Buffer.concat([digestInfoOf('sha512', RS256).subarray(0, 19), digest])),
  ],
  ['the digest alone', pkcs1Of(digest)],
  ['a digest that is cut', pkcs1Of(content.subarray(0, -1))],
  ['an octet behind the digest', pkcs1Of(Buffer.concat([content, Buffer.of(0)]))],
  ['nothing', pkcs1Of(Buffer.alloc(0))],
  ['little fill, and zeros behind the digest', pkcs1Of(content, { fillLength: 8 })],
  [
    'little fill, and anything behind the digest',
    pkcs1Of(content, { fillLength: 8, behind: 0xa5 }),
  ],
  ['no fill, and anything behind the digest', pkcs1Of(content, { fillLength: 0, behind: 0xff })],
  [
    'zeros between fill and content',
    pkcs1Of(Buffer.concat([Buffer.alloc(256 - 11 - content.length), content])),
  ],
  ['anything in the parameters of the hash', garbageInParameters()],
  ['block type 0', pkcs1Of(content, { type: 0 })],
  ['block type 2', pkcs1Of(content, { type: 2 })],
  ['a first octet that is not zero', edited(0, 1)],
  ['one octet of the fill that is another', edited(100, 0xfe)],
  ['a zero within the fill', edited(100, 0)],
  ['no zero behind the fill', edited(256 - content.length - 1, 0xff)],
]

/** The digest stands at the end, and what an attacker can choose hides before it (CVE-2006-4339 and kin). */
function garbageInParameters(): Buffer {
  const name = Buffer.from('0609608648016503040201', 'hex')
  const algorithm = der(SEQUENCE, name, der(OCTET_STRING, Buffer.alloc(64, 0xa5)))
  return pkcs1Of(der(SEQUENCE, algorithm, der(OCTET_STRING, digest)))
}

const PS256 = toSigningInput('PS256')
const BAD_PSS: [what: string, encoded: Buffer][] = [
  ['no salt', pssOf(PS256, { salt: 0 })],
  ['a salt of 20 octets', pssOf(PS256, { salt: 20 })],
  ['a salt of 31 octets', pssOf(PS256, { salt: 31 })],
  ['a salt of 33 octets', pssOf(PS256, { salt: 33 })],
  ['the longest salt', pssOf(PS256, { salt: 256 - 32 - 2 })],
  ['a mask with SHA-1', pssOf(PS256, { mask: 'sha1' })],
  ['a mask with SHA-512', pssOf(PS256, { mask: 'sha512' })],
  ['SHA-1 throughout', pssOf(PS256, { hash: 'sha1', salt: 20 })],
  ['SHA-512 throughout', pssOf(PS256, { hash: 'sha512', salt: 64 })],
  ['SHA-512 with a salt for SHA-256', pssOf(PS256, { hash: 'sha512', salt: 32 })],
  ['another trailer', pssOf(PS256, { trailer: 0xcc })],
  ['another separator', pssOf(PS256, { separator: 2 })],
  ['the padding of PKCS #1 v1.5', pkcs1Of(digestInfoOf('sha256', PS256))],
  ['another message', pssOf(RS256)],
]

describe.each(ENGINES)('%s', (_name, engine) => {
  const material = toMaterial(key)
  const judgeRs = (signature: Buffer) => accepts(engine, 'RS256', material, toJws(RS256, signature))
  const judgePs = (signature: Buffer) => accepts(engine, 'PS256', material, toJws(PS256, signature))

  it('RS256 accepts the padding of RFC 8017 section 9.2', async () => {
    expect(await judgeRs(forge(pkcs1Of(content)))).toBe(true)
  })

  it.each(BAD_PKCS1)('RS256 refuses a padding with %s', async (_, encoded) => {
    expect(encoded).toHaveLength(256)
    expect(await judgeRs(forge(encoded))).toBe(false)
  })

  it('RS256 refuses the padding of PS256', async () => {
    expect(await judgeRs(forge(pssOf(RS256)))).toBe(false)
    expect(await judgeRs(signBytes('PS256', key.privateKey, Buffer.from(RS256)))).toBe(false)
  })

  it('PS256 accepts the padding of RFC 8017 section 9.1 with a salt as long as the hash', async () => {
    expect(await judgePs(forge(pssOf(PS256)))).toBe(true)
  })

  it.each(BAD_PSS)('7518-31: PS256 refuses a padding with %s', async (_, encoded) => {
    expect(encoded).toHaveLength(256)
    expect(await judgePs(forge(encoded))).toBe(false)
  })

  it.each([
    ['PS384', 'sha384', 48],
    ['PS512', 'sha512', 64],
  ] as const)(
    '7518-31: %s takes a salt as long as its hash, and no other',
    async (alg, hash, salt) => {
      const input = toSigningInput(alg)
      const judge = (encoded: Buffer) =>
        accepts(engine, alg, material, toJws(input, forge(encoded)))
      expect(await judge(pssOf(input, { hash, salt }))).toBe(true)
      for (const other of [0, 20, 32, salt - 1, salt + 1, 256 - salt - 2]) {
        if (other !== salt) expect(await judge(pssOf(input, { hash, salt: other }))).toBe(false)
      }
      expect(await judge(pssOf(input, { hash, mask: 'sha256', salt }))).toBe(false)
    },
  )

  it('refuses numbers that prove nothing, and every number from the modulus on', async () => {
    for (const judge of [judgeRs, judgePs]) {
      for (const s of [0n, 1n, 2n, n - 1n, n, n + 1n, 2n ** 2048n - 1n]) {
        expect(await judge(octetsOf(s, 256))).toBe(false)
      }
    }
  })

  it.each(['RS256', 'PS256'] as const)('%s refuses s + n in place of s', async (alg) => {
    // Only an s that is small enough leaves room for the modulus in 256 octets.
    for (let i = 0; ; i++) {
      const input = toSigningInput(alg, { i })
      const s = numberOf(signBytes(alg, key.privateKey, Buffer.from(input)))
      if (s + n >= 2n ** 2048n) continue
      const judge = (value: bigint) =>
        accepts(engine, alg, material, toJws(input, octetsOf(value, 256)))
      expect(await judge(s)).toBe(true)
      expect(await judge(s + n)).toBe(false)
      break
    }
  })

  it.each([
    ['a modulus of 2049 bits', { modulusLength: 2049 }],
    ['a modulus of 2055 bits', { modulusLength: 2055 }],
    ['the exponent 3', { modulusLength: 2048, publicExponent: 3 }],
  ])('verifies with %s', async (_, options) => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', options)
    for (const alg of ['RS256', 'PS256', 'PS512'] as const) {
      const input = toSigningInput(alg)
      const good = signBytes(alg, privateKey, Buffer.from(input))
      const judge = (signature: Buffer) =>
        accepts(engine, alg, toMaterial({ publicKey }), toJws(input, signature))
      expect(await judge(good)).toBe(true)
      expect(await judge(Buffer.concat([Buffer.of(0), good]))).toBe(false)
      expect(await judge(good.subarray(1))).toBe(false)
    }
  })
})
