/**
 * Estimates the memory that a value uses, in bytes. The estimate is too high rather than too low. The value consists of
 * objects, arrays and JSON values. The length of the JSON text is not enough: a short text can use many times its length.
 * A value that occurs twice counts twice.
 */
export function estimateSize(value: unknown): number {
  if (typeof value === 'string') return 24 + 2 * value.length
  if (typeof value === 'function') return 128
  if (typeof value !== 'object' || value === null) return 16
  let bytes = 128
  if (Array.isArray(value)) {
    for (const entry of value as unknown[]) bytes += 8 + estimateSize(entry)
  } else {
    for (const [name, member] of Object.entries(value)) {
      bytes += 40 + 2 * name.length + estimateSize(member)
    }
  }
  return bytes
}
