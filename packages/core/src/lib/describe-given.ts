import { isRecord } from './objects.ts'

/**
 * Describes a value that is wrong, as the end of the sentence "... must be ..., not ...". Shows a number, which is no
 * secret, and only the type of everything else.
 */
export function describeGiven(value: unknown): string {
  if (value === undefined || value === null) return String(value)
  if (typeof value === 'number') return String(value)
  if (value === '') return 'an empty string'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : 'an array'
  if (isRecord(value)) return 'then' in value ? 'a promise (await it)' : 'an object'
  return `a ${typeof value}`
}

/** Describes a name that is wrong. Shows it if it is short and plain. */
export function describeName(value: unknown): string {
  return typeof value === 'string' && /^[\w.:/+-]{1,40}$/.test(value)
    ? `'${value}'`
    : describeGiven(value)
}

/** Describes a list of names of which some are wrong, by the first of these. */
export function describeEntries(value: unknown, isRight: (entry: unknown) => boolean): string {
  if (!Array.isArray(value) || value.length === 0) return describeGiven(value)
  return `an array with ${describeName(Array.from(value).find((entry) => !isRight(entry)))}`
}

/** Describes a value that is no plain object, for messages that ask for one. */
export function describeNotPlain(value: unknown): string {
  return isRecord(value) && !('then' in value)
    ? 'an object with inherited or hidden members, such as an instance of a class'
    : describeGiven(value)
}
