/** Encodes a number in `length` octets, big-endian. */
export function toOctets(number: bigint, length: number): Buffer {
  return Buffer.from(number.toString(16).padStart(2 * length, '0'), 'hex')
}

/** Reads a big-endian number. */
export function toNumber(octets: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(octets).toString('hex')}`)
}

/** Encodes a number in `length` octets, little-endian. */
export function toLittleEndian(number: bigint, length: number): Buffer {
  const octets = Array.from({ length }, (_, i) => Number((number >> BigInt(8 * i)) & 0xffn))
  return Buffer.from(octets)
}

/** Reads a little-endian number. */
export function fromLittleEndian(octets: Uint8Array): bigint {
  return octets.reduceRight((number, octet) => number * 256n + BigInt(octet), 0n)
}
