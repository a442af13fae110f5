import { decodeBase64url } from '#base64url'

const SEQUENCE = 0x30

/**
 * Returns whether bytes have the outer form of a certificate in DER (RFC 5280 section 4.1). A certificate is a sequence that
 * contains all the bytes, and its first element is a sequence. Nothing else is checked, because the thumbprint of bytes that
 * are not a certificate matches no token.
 */
export function isCertificate(bytes: Uint8Array): boolean {
  if (bytes[0] !== SEQUENCE) return false
  const first = bytes[1] ?? 0
  const count = first < 0x80 ? 0 : first - 0x80
  // More than three bytes of length would mean 16 MiB or more. The length must have its shortest form.
  if (count > 3 || first === 0x80) return false
  let length = count === 0 ? first : 0
  for (let i = 0; i < count; i++) length = length * 256 + (bytes[2 + i] ?? 0)
  const isShortest = count === 0 || length >= (count === 1 ? 0x80 : 256 ** (count - 1))
  return isShortest && bytes.length === 2 + count + length && bytes[2 + count] === SEQUENCE
}

const PEM =
  /^[ \t\r\n]*-----BEGIN CERTIFICATE-----([A-Za-z0-9+/= \t\r\n]*)-----END CERTIFICATE-----[ \t\r\n]*$/

/**
 * Reads exactly one certificate in PEM (RFC 7468 section 5). Spaces are accepted instead of line ends, because some
 * proxies replace line ends with spaces.
 */
export function readPem(text: string): Uint8Array | undefined {
  const base64 = PEM.exec(text)?.[1]
  return base64 === undefined ? undefined : readBase64(base64.replaceAll(/[ \t\r\n]/g, ''))
}

/** Reads a certificate in base64 (RFC 4648 section 4) with padding. Only the canonical encoding is accepted. */
export function readBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined
  const base64url = text.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
  const bytes = decodeBase64url(base64url)
  return bytes !== undefined && isCertificate(bytes) ? bytes : undefined
}
