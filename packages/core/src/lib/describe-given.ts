import { isRecord } from './objects.ts'

/**
 * Describes a value that is wrong, as the end of the sentence "... must be ..., not ...". Shows a number, and only
 * the type of everything else, which may be secret.
 */
export function describeGiven(value: unknown): string {
  if (value === undefined || value === null) return String(value)
  if (typeof value === 'number') return String(value)
  if (value === '') return 'an empty string'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : 'an array'
  if (isRecord(value)) return 'then' in value ? 'a promise (await it)' : 'an object'
  return `a ${typeof value}`
}

/** Describes a list of which entries are wrong, by the place of the first. */
export function describeEntries(value: unknown, isRight: (entry: unknown) => boolean): string {
  if (!Array.isArray(value) || value.length === 0) return describeGiven(value)
  return `an array whose entry ${Array.from(value).findIndex((entry) => !isRight(entry))} is none`
}

/** Shows a name in a message. A long or strange one is shortened and escaped: it may be anything, even lines of a log. */
export function quoteName(name: string): string {
  return /^[\w$.-]{1,60}$/.test(name) ? name : `${JSON.stringify(name.slice(0, 20))}...`
}

/** Describes a value that is no plain object, for messages that ask for one. */
export function describeNotPlain(value: unknown): string {
  return isRecord(value) && !('then' in value)
    ? 'an object with inherited or hidden members, such as an instance of a class'
    : describeGiven(value)
}
