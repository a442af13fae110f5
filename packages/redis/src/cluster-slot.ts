const SLOTS = 16_384

/** Returns the slot of a key in a cluster. A part of the key in braces decides alone, if it is not empty. */
export function toClusterSlot(key: string): number {
  const hashed = /^[^{]*\{([^}]+)\}/.exec(key)?.[1] ?? key
  return crc16(new TextEncoder().encode(hashed)) % SLOTS
}

/** Returns the CRC16 that clusters use (XMODEM: polynomial 0x1021, initial value 0). */
function crc16(bytes: Uint8Array): number {
  let crc = 0
  for (const byte of bytes) {
    crc ^= byte << 8
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1
    crc &= 0xffff
  }
  return crc
}
