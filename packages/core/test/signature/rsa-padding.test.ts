import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { der, OCTET_STRING, SEQUENCE } from '../../../../test/support/der.ts'
import { generateKey, signBytes } from '../../../../test/support/keys.ts'
import { toNumber, toOctets } from '../../../../test/support/numbers.ts'
import {
  getDigestInfo,
  digestInfoWithoutNull,
  getDigest,
  padPkcs1,
  padPss,
  rawRsa,
} from '../../../../test/support/rsa.ts'
import { accepts, ENGINES, toMaterial } from '../support/engines.ts'
import { toJws, toSigningInput } from '../support/jws.ts'

const key = generateKey('RS256')
const n = toNumber(Buffer.from(key.jwk['n'] as string, 'base64url'))

const RS256 = toSigningInput('RS256')
const digest = getDigest('sha256', RS256)
const content = getDigestInfo('sha256', RS256)

/** Applies the RSA private operation to any octets, without padding. */
const signRaw = (encoded: Buffer) => rawRsa(key.privateKey, encoded)
const withOctet = (at: number, octet: number) => {
  const encoded = padPkcs1(content)
  encoded[at] = octet
  return encoded
}

const BAD_PKCS1: [what: string, encoded: Buffer][] = [
  ['no NULL after the name of the hash', padPkcs1(digestInfoWithoutNull(RS256))],
  [
    'an empty sequence in place of the NULL',
    padPkcs1(Buffer.from(`3031300d060960864801650304020130000420${digest.toString('hex')}`, 'hex')),
  ],
  [
    'a length in long form',
    padPkcs1(
      Buffer.from(`308131300d060960864801650304020105000420${digest.toString('hex')}`, 'hex'),
    ),
  ],
  ['SHA-1', padPkcs1(getDigestInfo('sha1', RS256))],
  ['SHA-384', padPkcs1(getDigestInfo('sha384', RS256))],
  ['SHA-512', padPkcs1(getDigestInfo('sha512', RS256))],
  ['MD5', padPkcs1(getDigestInfo('md5', RS256))],
  [
    'the name of SHA-512 before a SHA-256 digest',
    padPkcs1(Buffer.concat([getDigestInfo('sha512', RS256).subarray(0, 19), digest])),
  ],
  ['the digest alone', padPkcs1(digest)],
  ['a truncated digest', padPkcs1(content.subarray(0, -1))],
  ['an octet after the digest', padPkcs1(Buffer.concat([content, Buffer.of(0)]))],
  ['no content', padPkcs1(Buffer.alloc(0))],
  ['a short fill, and zeros after the digest', padPkcs1(content, { fillLength: 8 })],
  [
    'a short fill, and other octets after the digest',
    padPkcs1(content, { fillLength: 8, behind: 0xa5 }),
  ],
  [
    'no fill, and other octets after the digest',
    padPkcs1(content, { fillLength: 0, behind: 0xff }),
  ],
  [
    'zeros between fill and content',
    padPkcs1(Buffer.concat([Buffer.alloc(256 - 11 - content.length), content])),
  ],
  ['octets in the parameters of the hash', encodeParameters()],
  ['block type 0', padPkcs1(content, { type: 0 })],
  ['block type 2', padPkcs1(content, { type: 2 })],
  ['a first octet that is not zero', withOctet(0, 1)],
  ['one changed octet in the fill', withOctet(100, 0xfe)],
  ['a zero within the fill', withOctet(100, 0)],
  ['no zero after the fill', withOctet(256 - content.length - 1, 0xff)],
]

/** Encodes a digest after octets that an attacker chooses (CVE-2006-4339 and similar attacks). */
function encodeParameters(): Buffer {
  const name = Buffer.from('0609608648016503040201', 'hex')
  const algorithm = der(SEQUENCE, name, der(OCTET_STRING, Buffer.alloc(64, 0xa5)))
  return padPkcs1(der(SEQUENCE, algorithm, der(OCTET_STRING, digest)))
}

const PS256 = toSigningInput('PS256')
const BAD_PSS: [what: string, encoded: Buffer][] = [
  ['no salt', padPss(PS256, { salt: 0 })],
  ['a salt of 20 octets', padPss(PS256, { salt: 20 })],
  ['a salt of 31 octets', padPss(PS256, { salt: 31 })],
  ['a salt of 33 octets', padPss(PS256, { salt: 33 })],
  ['the longest salt', padPss(PS256, { salt: 256 - 32 - 2 })],
  ['a mask with SHA-1', padPss(PS256, { mask: 'sha1' })],
  ['a mask with SHA-512', padPss(PS256, { mask: 'sha512' })],
  ['SHA-1 as hash and in the mask', padPss(PS256, { hash: 'sha1', salt: 20 })],
  ['SHA-512 as hash and in the mask', padPss(PS256, { hash: 'sha512', salt: 64 })],
  ['SHA-512 with a salt for SHA-256', padPss(PS256, { hash: 'sha512', salt: 32 })],
  ['another trailer', padPss(PS256, { trailer: 0xcc })],
  ['another separator', padPss(PS256, { separator: 2 })],
  ['the format of PKCS #1 v1.5', padPkcs1(getDigestInfo('sha256', PS256))],
  ['the hash of another message', padPss(RS256)],
]

describe.each(ENGINES)('%s', (name, engine) => {
  const material = toMaterial(key)
  const acceptsRs256 = (signature: Buffer) =>
    accepts(engine, 'RS256', material, toJws(RS256, signature))
  const acceptsPs256 = (signature: Buffer) =>
    accepts(engine, 'PS256', material, toJws(PS256, signature))

  it('RS256 accepts the padding of RFC 8017 section 9.2', async () => {
    expect(await acceptsRs256(signRaw(padPkcs1(content)))).toBe(true)
  })

  it.each(BAD_PKCS1)('RS256 rejects a padding with %s', async (_, encoded) => {
    expect(encoded).toHaveLength(256)
    expect(await acceptsRs256(signRaw(encoded))).toBe(false)
  })

  it('RS256 rejects the padding of PS256', async () => {
    expect(await acceptsRs256(signRaw(padPss(RS256)))).toBe(false)
    expect(await acceptsRs256(signBytes('PS256', key.privateKey, Buffer.from(RS256)))).toBe(false)
  })

  it('PS256 accepts the padding of RFC 8017 section 9.1 with a salt as long as the hash', async () => {
    expect(await acceptsPs256(signRaw(padPss(PS256)))).toBe(true)
  })

  it.each(BAD_PSS)('7518-31: PS256 rejects a padding with %s', async (_, encoded) => {
    expect(encoded).toHaveLength(256)
    expect(await acceptsPs256(signRaw(encoded))).toBe(false)
  })

  it.each([
    ['PS384', 'sha384', 48],
    ['PS512', 'sha512', 64],
  ] as const)('7518-31: %s accepts only a salt as long as its hash', async (alg, hash, salt) => {
    const input = toSigningInput(alg)
    const acceptsSignature = (encoded: Buffer) =>
      accepts(engine, alg, material, toJws(input, signRaw(encoded)))
    expect(await acceptsSignature(padPss(input, { hash, salt }))).toBe(true)
    for (const other of [0, 20, 32, salt - 1, salt + 1, 256 - salt - 2]) {
      if (other !== salt)
        expect(await acceptsSignature(padPss(input, { hash, salt: other }))).toBe(false)
    }
    expect(await acceptsSignature(padPss(input, { hash, mask: 'sha256', salt }))).toBe(false)
  })

  it('RS256 and PS256 reject the numbers 0, 1, 2 and n - 1 as signatures, and numbers not below the modulus n', async () => {
    for (const acceptsSignature of [acceptsRs256, acceptsPs256]) {
      for (const s of [0n, 1n, 2n, n - 1n, n, n + 1n, 2n ** 2048n - 1n]) {
        expect(await acceptsSignature(toOctets(s, 256))).toBe(false)
      }
    }
  })

  it.each(['RS256', 'PS256'] as const)(
    '%s rejects a signature if the modulus n is added to the number s of the signature',
    async (alg) => {
      // The sum s + n fits into 256 octets only for a small s.
      for (let i = 0; ; i++) {
        const input = toSigningInput(alg, { i })
        const s = toNumber(signBytes(alg, key.privateKey, Buffer.from(input)))
        if (s + n >= 2n ** 2048n) continue
        const acceptsSignature = (value: bigint) =>
          accepts(engine, alg, material, toJws(input, toOctets(value, 256)))
        expect(await acceptsSignature(s)).toBe(true)
        expect(await acceptsSignature(s + n)).toBe(false)
        break
      }
    },
  )

  it.each([
    ['a modulus of 2049 bits', { modulusLength: 2049 }],
    ['a modulus of 2055 bits', { modulusLength: 2055 }],
    ['the exponent 3', { modulusLength: 2048, publicExponent: 3 }],
  ])(
    `${name} accepts a signature only with its exact length if the key has %s`,
    async (_, options) => {
      const { privateKey, publicKey } = generateKeyPairSync('rsa', options)
      for (const alg of ['RS256', 'PS256', 'PS512'] as const) {
        const input = toSigningInput(alg)
        const good = signBytes(alg, privateKey, Buffer.from(input))
        const acceptsSignature = (signature: Buffer) =>
          accepts(engine, alg, toMaterial({ publicKey }), toJws(input, signature))
        expect(await acceptsSignature(good)).toBe(true)
        expect(await acceptsSignature(Buffer.concat([Buffer.of(0), good]))).toBe(false)
        expect(await acceptsSignature(good.subarray(1))).toBe(false)
      }
    },
  )
})
