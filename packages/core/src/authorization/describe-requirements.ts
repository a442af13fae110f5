/** Characters of a description. */
const LENGTH = 200

/** Describes the requirements of a guard for events, as they were written. Functions are only named. */
export function describeRequirements(own: Readonly<Record<string, unknown>>): string {
  const parts = Object.entries(own).map(([name, value]) =>
    typeof value === 'function' ? name : `${name}: ${JSON.stringify(value)}`,
  )
  const text = parts.length === 0 ? 'any valid token' : parts.join(', ')
  return text.length > LENGTH ? `${text.slice(0, LENGTH)}...` : text
}
