import { sha256 } from '#sha256'
import type { JsonObject } from '../lib/json.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'

/** Returns whether a value has the form of a SHA-256 thumbprint in base64url. */
export function isThumbprint(value: unknown): value is string {
  return typeof value === 'string' && /^[A-Za-z0-9_-]{43}$/.test(value)
}

/**
 * Returns the thumbprint of a key (RFC 7638, SHA-256, base64url). `material` must have only the members that define the
 * key.
 */
export function toThumbprint(material: JsonObject): MaybePromise<string> {
  return sha256(JSON.stringify(material, Object.keys(material).sort()))
}
