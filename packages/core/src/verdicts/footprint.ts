/**
 * About how many bytes of memory a value takes that is made of objects, arrays and JSON values, on the high
 * side: what a short text parses into can be many times as long as the text. What stands in two places counts
 * twice.
 */
export function footprintOf(value: unknown): number {
  if (typeof value === 'string') return 24 + 2 * value.length
  if (typeof value === 'function') return 128
  if (typeof value !== 'object' || value === null) return 16
  let bytes = 128
  if (Array.isArray(value)) {
    for (const entry of value as unknown[]) bytes += 8 + footprintOf(entry)
  } else {
    for (const [name, member] of Object.entries(value)) {
      bytes += 40 + 2 * name.length + footprintOf(member)
    }
  }
  return bytes
}
