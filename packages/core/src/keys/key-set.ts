import { signatureEngine } from '#signature-engine'
import type { JsonObject } from '../lib/json.ts'
import { LIMITS } from '../limits.ts'
import { isRecord } from '../lib/objects.ts'
import { quoteList } from '../lib/quote.ts'
import { andThen, type MaybePromise } from '../lib/maybe-promise.ts'
import { type Algorithm, getTraits } from '../signature/algorithms.ts'
import type { SignatureVerifier } from '../signature/engine.ts'
import type { AlgorithmPolicy } from '../model/settings.ts'
import { readJwk, type UnusableKey, type VerificationKey } from './jwk.ts'
import { toThumbprint } from './thumbprint.ts'

/** Keys that a set has for other purposes, such as encryption. All other unusable keys are mistakes of its author. */
export const OTHER_PURPOSES: readonly UnusableKey[] = [
  'unsupported_key_type',
  'not_for_verification',
  'algorithm_not_allowed',
]

/** A key of a document that is not used, and why. */
export interface IgnoredKey {
  /** Position in the document's `keys`. */
  readonly index: number
  readonly reason: UnusableKey
}

/** The keys of one document, prepared for use. It never changes: a refresh makes another one. */
export interface KeySet {
  /** The number of keys of the document that can verify. */
  readonly size: number
  readonly ignored: readonly IgnoredKey[]
  /**
   * The keys to try for a token with this header. A `kid` counts byte for byte, and a token that
   * has one is never tried with another key; a token that has none may be tried with every key that
   * serves its algorithm.
   */
  find(algorithm: Algorithm, kid: string | undefined): readonly VerifyingKey[]
  /**
   * Says why no key with this `kid` serves the algorithm, as the end of "found the kid ..., which ...". `undefined`: no key has
   * a `kid`.
   */
  explain(algorithm: Algorithm, kid: string | undefined): string | undefined
  /**
   * Returns whether a key with this `kid` verifies signatures of the type that the algorithm asks for, by another algorithm. Then
   * there is no use in looking for a newer one.
   */
  excludes(algorithm: Algorithm, kid: string | undefined): boolean
}

/** A key bound to one algorithm. */
export interface VerifyingKey {
  /** RFC 7638, SHA-256, base64url: the same wherever the key stands, and whatever it is called. */
  readonly thumbprint: string
  /** The issuer whose key it is marked as, if it is marked. */
  readonly issuer: string | undefined
  readonly verify: SignatureVerifier
}

interface PreparedKey extends VerifyingKey {
  readonly algorithm: Algorithm
  readonly kid: string | undefined
}

/** The key set of an issuer that has an HMAC secret and nothing else (RFC 7518 section 3.2). */
export function secretKeySet(
  secret: Uint8Array,
  algorithms: readonly Algorithm[],
): MaybePromise<KeySet> {
  const preparing = algorithms.map((algorithm) =>
    andThen(signatureEngine.prepare(algorithm, secret), (verify) => {
      return { algorithm, thumbprint: '', issuer: undefined, verify }
    }),
  )
  // A secret has no `kid` of its own, so the one that a token may carry selects nothing.
  return andThen(all(preparing), (keys) => ({
    size: 1,
    ignored: [],
    find: (algorithm) => keys.filter((key) => key.algorithm === algorithm),
    explain: () => undefined,
    excludes: () => false,
  }))
}

/**
 * Reads a JWK Set (RFC 7517 section 5). Keys that cannot verify are left out and listed with the reason;
 * the others serve. Throws a `TypeError` where the document is no JWK Set, holds more than `LIMITS.keys`
 * keys, or has not one usable key: such a document must never replace a good one.
 */
export function readKeySet(document: JsonObject, policy: AlgorithmPolicy): MaybePromise<KeySet> {
  const { keys } = document
  if (!Array.isArray(keys)) throw new TypeError('no JWK Set: it has no array "keys"')
  if (keys.length > LIMITS.keys) throw new TypeError(`more than ${LIMITS.keys} keys`)

  const ignored: IgnoredKey[] = []
  const preparing = keys.map((jwk, index) => {
    const key = readJwk(jwk, policy)
    if (typeof key !== 'string')
      return prepare(key, () => ignored.push({ index, reason: 'malformed_key' }))
    ignored.push({ index, reason: key })
    return []
  })
  return andThen(all(preparing), (prepared) => {
    ignored.sort((a, b) => a.index - b.index)
    const size = prepared.filter((algorithms) => algorithms.length > 0).length
    if (size === 0) throw new TypeError(`no usable key: ${listReasons(ignored)}`)
    return createKeySet(prepared.flat(), size, ignored, findMisfits(keys, ignored))
  })
}

function prepare(key: VerificationKey, failed: () => void): MaybePromise<readonly PreparedKey[]> {
  const { kid, issuer, algorithms, material } = key
  const preparing = () =>
    andThen(toThumbprint(material), (thumbprint) =>
      all(
        algorithms.map((algorithm) =>
          andThen(signatureEngine.prepare(algorithm, material), (verify) => {
            return { algorithm, kid, issuer, thumbprint, verify }
          }),
        ),
      ),
    )
  const unusable = () => {
    failed()
    return []
  }
  // The engine refuses what only an import can tell, such as a point that is not on its curve.
  try {
    const prepared = preparing()
    return prepared instanceof Promise ? prepared.catch(unusable) : prepared
  } catch {
    return unusable()
  }
}

/** Returns why the keys for other purposes are not used, by their `kid`. */
function findMisfits(
  keys: readonly unknown[],
  ignored: readonly IgnoredKey[],
): ReadonlyMap<unknown, UnusableKey> {
  const found = new Map<unknown, UnusableKey>()
  for (const { index, reason } of ignored) {
    const jwk = keys[index]
    if (OTHER_PURPOSES.includes(reason) && isRecord(jwk) && jwk['kid'] !== undefined)
      found.set(jwk['kid'], reason)
  }
  return found
}

function createKeySet(
  keys: readonly PreparedKey[],
  size: number,
  ignored: readonly IgnoredKey[],
  misfits: ReadonlyMap<unknown, UnusableKey>,
): KeySet {
  // Under `undefined`: all that serve the algorithm, for tokens without a `kid`.
  const listed = new Map<Algorithm, Map<string | undefined, PreparedKey[]>>()
  for (const key of keys) {
    const byKid = entry(listed, key.algorithm, () => new Map<string | undefined, PreparedKey[]>())
    entry(byKid, undefined, () => []).push(key)
    if (key.kid !== undefined) entry(byKid, key.kid, () => []).push(key)
  }
  return {
    size,
    ignored,
    find(algorithm, kid) {
      return listed.get(algorithm)?.get(kid) ?? NONE
    },
    explain(algorithm, kid) {
      if (kid === undefined) return undefined
      const served = keys.filter((key) => key.kid === kid).map((key) => key.algorithm)
      if (served.length > 0) {
        const found = `a key for ${served.join(', ')}`
        return served.some((other) => isSameKeyType(getTraits(other), getTraits(algorithm)))
          ? `${found}. If it is for ${algorithm} as well and names no alg, list ${algorithm} in the option algorithms`
          : found
      }
      const reason = misfits.get(kid)
      if (reason !== undefined) return `a key that is not used (${reason})`
      const kids = [...new Set(keys.flatMap((key) => key.kid ?? []))]
      return kids.length === 0 ? undefined : `which is not among the keys ${quoteList(kids)}`
    },
    excludes(algorithm, kid) {
      if (kid === undefined || this.find(algorithm, kid).length > 0) return false
      const needed = getTraits(algorithm)
      return keys.some((key) => key.kid === kid && isSameKeyType(getTraits(key.algorithm), needed))
    },
  }
}

interface KeyType {
  readonly kty?: unknown
  readonly crv?: unknown
}

function isSameKeyType(one: KeyType, other: KeyType): boolean {
  return one.kty === other.kty && one.crv === other.crv
}

const NONE: readonly VerifyingKey[] = Object.freeze([])

function entry<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  let value = map.get(key)
  if (value === undefined) {
    value = make()
    map.set(key, value)
  }
  return value
}

function listReasons(ignored: readonly IgnoredKey[]): string {
  return ignored.length === 0 ? 'the set is empty' : ignored.map(({ reason }) => reason).join(', ')
}

function all<T>(values: readonly MaybePromise<T>[]): MaybePromise<T[]> {
  return values.some((value) => value instanceof Promise) ? Promise.all(values) : (values as T[])
}
