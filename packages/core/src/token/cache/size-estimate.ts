/**
 * Estimates the memory that a value uses, in bytes. If the estimate is not exact, it is too high. The value consists of JSON
 * values and functions. The length of the JSON text is not a good estimate: a parsed value can need many times as
 * many bytes as its text. A value that occurs twice is counted twice.
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
