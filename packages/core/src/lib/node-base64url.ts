import { Buffer } from 'node:buffer'

/** Matches a character that Node would read as a different one, because Node uses only the lowest eight bits. */
const WIDE = /[^\0-\xff]/

/** Last characters whose surplus bits are zero. The index is the number of characters in an incomplete group of four. */
const LAST_CHARACTERS = ['', '', 'AQgw', 'AEIMQUYcgkosw048'] as const

/** Memory for the bytes of one text, so that no memory is allocated for each text. It is large enough for a part of a token. */
const reused = Buffer.allocUnsafeSlow(12_288)

/**
 * Decodes base64url (RFC 4648 section 5). Returns `undefined` if `text` is not the canonical encoding of its bytes (section
 * 3.5). Faults are padding, characters of other alphabets, an impossible length, and surplus bits that are not zero. Most
 * decoders ignore these faults, and would accept two encodings of one token.
 */
export function decodeBase64url(text: string): Uint8Array | undefined {
  return decode(text, undefined)
}

/**
 * Decodes base64url like `decodeBase64url`, and returns what `read` returns for the bytes. The bytes are valid during this call
 * only, and `read` must not decode another text.
 */
export function readBase64url<T>(text: string, read: (bytes: Uint8Array) => T): T | undefined {
  const bytes = decode(text, text.length <= (reused.length / 3) * 4 ? reused : undefined)
  return bytes && read(bytes)
}

/** Writes the bytes to `memory`. If it is `undefined`, allocates memory. */
function decode(text: string, memory: Buffer | undefined): Uint8Array | undefined {
  const { length } = text
  const rest = length % 4
  if (rest === 1) return undefined
  // Node also accepts the characters + and / of base64. It skips all other characters, so bytes are missing in the result.
  if (text.includes('+') || text.includes('/') || WIDE.test(text)) return undefined
  const bytes =
    memory === undefined
      ? Buffer.from(text, 'base64url')
      : memory.subarray(0, memory.write(text, 'base64url'))
  if (bytes.length !== (length - rest) * 0.75 + Math.max(0, rest - 1)) return undefined
  return rest === 0 || LAST_CHARACTERS[rest]!.includes(text[length - 1]!) ? bytes : undefined
}

/** Encodes bytes, or the UTF-8 bytes of a text, in base64url. */
export function encodeBase64url(input: Uint8Array | string): string {
  return Buffer.from(input as Uint8Array).toString('base64url')
}
