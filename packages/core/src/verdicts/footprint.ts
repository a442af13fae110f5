/**
 * About how many bytes of memory a parsed JSON value takes, on the high side: what a short text parses into
 * can be many times as long as the text.
 */
export function footprintOf(value: unknown): number {
  if (typeof value === 'string') return 24 + 2 * value.length
  if (typeof value !== 'object' || value === null) return 16
  let bytes = 64
  if (Array.isArray(value)) {
    for (const entry of value as unknown[]) bytes += 8 + footprintOf(entry)
  } else {
    for (const [name, member] of Object.entries(value)) {
      bytes += 32 + 2 * name.length + footprintOf(member)
    }
  }
  return bytes
}
