/** Says what is wrong with an option, so that all of it can be said at once. */
export type Say = (problem: string) => void

export function readSeconds(
  value: unknown,
  name: string,
  min: number,
  max: number,
  say: Say,
): number | undefined {
  if (value === undefined) return undefined
  if (typeof value === 'number' && value >= min && value <= max) return value
  say(`${name} must be a number of seconds from ${min} to ${max}.`)
  return undefined
}

export function readName(value: unknown, name: string, say: Say): string | undefined {
  if (value === undefined || isName(value)) return value
  say(`${name} must be the name of a claim.`)
  return undefined
}

export function readNames(value: unknown, name: string, say: Say): readonly string[] | undefined {
  if (value === undefined) return undefined
  if (Array.isArray(value) && value.length > 0 && value.every(isName))
    return Object.freeze([...value])
  say(`${name} must be an array with at least one name.`)
  return undefined
}

export function oneOf<const T extends string>(
  value: unknown,
  choices: readonly T[],
  name: string,
  say: Say,
): T | undefined {
  if (value === undefined || choices.includes(value as T)) return value as T | undefined
  say(`${name} must be ${choices.map((choice) => `'${choice}'`).join(' or ')}.`)
  return undefined
}

export function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}
