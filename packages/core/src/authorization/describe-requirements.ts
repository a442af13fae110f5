/** Number of characters after which the requirements in a description are cut off. */
const LENGTH = 200

/**
 * Describes the requirements of a guard for events, as the application wrote them. A function is shown as the name of its
 * requirement.
 */
export function describeRequirements(own: Readonly<Record<string, unknown>>): string {
  const parts = Object.entries(own).map(([name, value]) =>
    typeof value === 'function' ? name : `${name}: ${JSON.stringify(value)}`,
  )
  if (parts.length === 0) return '{}'
  const text = parts.join(', ')
  return `{ ${text.length > LENGTH ? `${text.slice(0, LENGTH)}...` : text} }`
}
