import { isRecord } from './objects.ts'

/**
 * Describes an invalid value as the end of the sentence "... must be ..., not ...". Shows numbers. Shows only the type of
 * any other value, because it may be secret.
 */
export function describeGiven(value: unknown): string {
  if (value === undefined || value === null) return String(value)
  if (typeof value === 'number') return String(value)
  if (value === '') return 'an empty string'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : 'an array'
  if (isRecord(value)) return 'then' in value ? 'a promise (await it)' : 'an object'
  return `a ${typeof value}`
}

/** Describes a list with invalid entries by the index of the first invalid entry. */
export function describeEntries(value: unknown, isValid: (entry: unknown) => boolean): string {
  if (!Array.isArray(value) || value.length === 0) return describeGiven(value)
  return `an array whose entry ${Array.from(value).findIndex((entry) => !isValid(entry))} is invalid`
}

/** Returns a name for a message. A long or unusual name is shortened and escaped, so that it cannot forge log lines. */
export function quoteName(name: string): string {
  return /^[\w$.-]{1,60}$/.test(name) ? name : `${JSON.stringify(name.slice(0, 20))}...`
}

/** Describes a value that is not a plain object, for messages that require one. */
export function describeNotPlain(value: unknown): string {
  return isRecord(value) && !('then' in value)
    ? 'an object with inherited or hidden members, such as an instance of a class'
    : describeGiven(value)
}
