/** Encodes a number in `length` octets, big-endian. */
export function octetsOf(number: bigint, length: number): Buffer {
  return Buffer.from(number.toString(16).padStart(2 * length, '0'), 'hex')
}

/** Reads a big-endian number. */
export function numberOf(octets: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(octets).toString('hex')}`)
}

/** Encodes a number in `length` octets, little-endian. */
export function littleEndianOf(number: bigint, length: number): Buffer {
  const octets = Array.from({ length }, (_, i) => Number((number >> BigInt(8 * i)) & 0xffn))
  return Buffer.from(octets)
}

/** Reads a little-endian number. */
export function littleEndianNumberOf(octets: Uint8Array): bigint {
  return octets.reduceRight((number, octet) => number * 256n + BigInt(octet), 0n)
}
