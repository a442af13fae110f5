import {
  countMembers,
  freezeJson,
  isObject,
  JSON_LIMITS,
  type JsonObject,
  removeProto,
} from './json.ts'
import { isPlainObject } from './objects.ts'

/**
 * Checks and freezes an object from the application. Its members must be JSON values, within the limits `depth` and `values` of
 * `JSON_LIMITS`. Like `parseClaims`, removes members named `__proto__`. Members that are `undefined` are allowed, because JSON
 * leaves them out. Returns `undefined` if the value does not meet these conditions.
 */
export function toJsonObject(value: unknown): JsonObject | undefined {
  if (!isObject(value)) return undefined
  try {
    // The limits also end the search in an object that contains itself.
    countMembers(value, JSON_LIMITS.depth, { values: JSON_LIMITS.values })
  } catch {
    return undefined
  }
  removeProto(value)
  return isJsonObject(value) ? freezeJson(value) : undefined
}

function isJsonObject(value: unknown): value is JsonObject {
  if (!isPlainObject(value)) return false
  return Object.values(value).every((member) => member === undefined || isJsonValue(member))
}

function isJsonValue(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return true
  return Array.isArray(value) ? isJsonArray(value) : isJsonObject(value)
}

/**
 * `every` on the array itself would skip holes. An array that has members in addition to its elements is not accepted, because
 * JSON leaves these members out.
 */
function isJsonArray(value: readonly unknown[]): boolean {
  return Object.keys(value).length === value.length && Array.from(value).every(isJsonValue)
}
