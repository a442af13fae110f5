import { constants, createHash, type KeyObject, privateEncrypt } from 'node:crypto'

/** Performs the private operation of RSA without padding (RFC 8017 section 5.2.1). */
export function rawRsa(key: KeyObject, encoded: Buffer): Buffer {
  return privateEncrypt({ key, padding: constants.RSA_NO_PADDING }, encoded)
}

/** Returns the hash of the data. */
export function getDigest(hash: string, data: string | Uint8Array): Buffer {
  return createHash(hash).update(data).digest()
}

/** First octets of DigestInfo for each hash (RFC 8017 section 9.2, note 1). */
const DIGEST_INFO = {
  md5: '3020300c06082a864886f70d020505000410',
  sha1: '3021300906052b0e03021a05000414',
  sha256: '3031300d060960864801650304020105000420',
  sha384: '3041300d060960864801650304020205000430',
  sha512: '3051300d060960864801650304020305000440',
} as const

/** Returns the DigestInfo of the data (RFC 8017 section 9.2). */
export function getDigestInfo(hash: keyof typeof DIGEST_INFO, data: string | Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(DIGEST_INFO[hash], 'hex'), getDigest(hash, data)])
}

/** Returns an invalid DigestInfo for SHA-256: the algorithm identifier has no NULL parameters. */
export function digestInfoWithoutNull(data: string | Uint8Array): Buffer {
  const head = Buffer.from('302f300b06096086480165030402010420', 'hex')
  return Buffer.concat([head, getDigest('sha256', data)])
}

/** Encodes any content by EMSA-PKCS1-v1_5 (RFC 8017 section 9.2) for a key of 2048 bits. The options break the encoding. */
export function padPkcs1(
  content: Buffer,
  options: {
    /**
     * Block type.
     *
     * @default 1
     */
    type?: number
    /**
     * Octet of the padding.
     *
     * @default 0xff
     */
    fill?: number
    /**
     * Number of octets of padding. A lower number leaves space after the content.
     *
     * @default the number that fills the block
     */
    fillLength?: number
    /**
     * Octet that fills the space after the content.
     *
     * @default 0
     */
    behind?: number
  } = {},
): Buffer {
  const { type = 1, fill = 0xff, fillLength = 256 - 3 - content.length, behind = 0 } = options
  const filling = Buffer.alloc(fillLength, fill)
  const encoded = Buffer.concat([Buffer.of(0, type), filling, Buffer.of(0), content])
  return Buffer.concat([encoded], 256).fill(behind, encoded.length)
}

/** Encodes the input by EMSA-PSS (RFC 8017 section 9.1.1) for a key of 2048 bits. The options break the encoding. */
export function padPss(
  input: string | Uint8Array,
  options: {
    hash?: string
    mask?: string
    salt?: number
    trailer?: number
    separator?: number
  } = {},
): Buffer {
  const { hash = 'sha256', mask = hash, salt = 32, trailer = 0xbc, separator = 1 } = options
  const saltOctets = Buffer.alloc(salt, 0x5a)
  const digest = getDigest(
    hash,
    Buffer.concat([Buffer.alloc(8), getDigest(hash, input), saltOctets]),
  )
  const fill = Buffer.alloc(256 - digest.length - salt - 2)
  const block = Buffer.concat([fill, Buffer.of(separator), saltOctets])
  const masked = xor(block, mgf1(mask, digest, block.length))
  masked[0]! &= 0x7f
  return Buffer.concat([masked, digest, Buffer.of(trailer)])
}

/** Generates a mask (MGF1, RFC 8017 appendix B.2.1). */
function mgf1(hash: string, seed: Buffer, length: number): Buffer {
  const blocks: Buffer[] = []
  for (let counter = 0; Buffer.concat(blocks).length < length; counter++) {
    blocks.push(getDigest(hash, Buffer.concat([seed, Buffer.of(0, 0, 0, counter)])))
  }
  return Buffer.concat(blocks).subarray(0, length)
}

function xor(a: Buffer, b: Buffer): Buffer {
  return Buffer.from(a.map((octet, i) => octet ^ b[i]!))
}
