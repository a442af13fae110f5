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

/** Reasons that are normal: the key has another purpose, such as encryption. All other reasons are configuration mistakes. */
export const OTHER_USES: readonly UnusableKey[] = [
  'unsupported_key_type',
  'not_for_verification',
  'algorithm_not_allowed',
]

/** A key of a JWK Set that is not used, and the reason. */
export interface IgnoredKey {
  /** Position in the array `keys` of the JWK Set. */
  readonly index: number
  readonly reason: UnusableKey
}

/** The keys of one JWK Set, prepared for use. A key set is immutable: a refresh creates a new one. */
export interface KeySet {
  /** Number of keys that can verify signatures. */
  readonly size: number
  readonly ignored: readonly IgnoredKey[]
  /**
   * Returns the keys for this algorithm that are tried for a token. If the token has a `kid`, only keys with exactly this
   * `kid` are returned. Otherwise, all keys for the algorithm are returned. For an HMAC secret, the `kid` is ignored.
   */
  find(algorithm: Algorithm, kid: string | undefined): readonly VerifyingKey[]
  /**
   * Returns why no key with this `kid` serves the algorithm, such as `a key for RS256`. Messages contain this text after the
   * `kid` and a comma. Returns `undefined` if the token has no `kid`, or if no key has a `kid`.
   */
  explain(algorithm: Algorithm, kid: string | undefined): string | undefined
  /**
   * Returns whether the key with this `kid` has the type that the algorithm requires, but serves only another algorithm. A
   * fetch of newer keys is then useless.
   */
  excludes(algorithm: Algorithm, kid: string | undefined): boolean
}

/** A key that is prepared to verify signatures with one algorithm. */
export interface VerifyingKey {
  /** The thumbprint of the key (RFC 7638, SHA-256, base64url). Does not depend on the `kid` or the position of the key. */
  readonly thumbprint: string
  /** The member `issuer` of the JWK, if it has one: see `VerificationKey`. */
  readonly issuer: string | undefined
  readonly verify: SignatureVerifier
}

interface PreparedKey extends VerifyingKey {
  readonly algorithm: Algorithm
  readonly kid: string | undefined
}

/** Creates the key set of an issuer that signs with an HMAC secret (RFC 7518 section 3.2). */
export function secretKeySet(
  secret: Uint8Array,
  algorithms: readonly Algorithm[],
): MaybePromise<KeySet> {
  const preparing = algorithms.map((algorithm) =>
    andThen(signatureEngine.prepare(algorithm, secret), (verify) => {
      return { algorithm, thumbprint: '', issuer: undefined, verify }
    }),
  )
  // A secret has no `kid`, so the `kid` of a token is ignored.
  return andThen(all(preparing), (keys) => ({
    size: 1,
    ignored: [],
    find: (algorithm) => keys.filter((key) => key.algorithm === algorithm),
    explain: () => undefined,
    excludes: () => false,
  }))
}

/**
 * Reads a JWK Set (RFC 7517 section 5). Keys that cannot verify signatures are listed in `ignored` with the reason.
 *
 * @throws {TypeError} If the document is not a JWK Set, has more than `LIMITS.keys` keys, or has no usable key. Such a
 * document must never replace a usable key set.
 */
export function readKeySet(document: JsonObject, policy: AlgorithmPolicy): MaybePromise<KeySet> {
  const { keys } = document
  if (!Array.isArray(keys)) throw new TypeError('not a JWK Set: it has no array "keys"')
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
    return createKeySet(prepared.flat(), size, ignored, getReasonsByKid(keys, ignored))
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
  // The import of a key can fail, for example because a point is not on its curve. `readJwk` does not check this.
  try {
    const prepared = preparing()
    return prepared instanceof Promise ? prepared.catch(unusable) : prepared
  } catch {
    return unusable()
  }
}

/** Returns the reasons why keys for other purposes are not used, by the `kid` of the key. */
function getReasonsByKid(
  keys: readonly unknown[],
  ignored: readonly IgnoredKey[],
): ReadonlyMap<unknown, UnusableKey> {
  const reasons = new Map<unknown, UnusableKey>()
  for (const { index, reason } of ignored) {
    const jwk = keys[index]
    if (OTHER_USES.includes(reason) && isRecord(jwk) && jwk['kid'] !== undefined)
      reasons.set(jwk['kid'], reason)
  }
  return reasons
}

function createKeySet(
  keys: readonly PreparedKey[],
  size: number,
  ignored: readonly IgnoredKey[],
  reasonsByKid: ReadonlyMap<unknown, UnusableKey>,
): KeySet {
  // The entry `undefined` has all keys that serve the algorithm, for tokens without a `kid`.
  const listed = new Map<Algorithm, Map<string | undefined, PreparedKey[]>>()
  for (const key of keys) {
    const byKid = getOrAdd(
      listed,
      key.algorithm,
      () => new Map<string | undefined, PreparedKey[]>(),
    )
    getOrAdd(byKid, undefined, () => []).push(key)
    if (key.kid !== undefined) getOrAdd(byKid, key.kid, () => []).push(key)
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
          ? `${found}. If the key may be used for ${algorithm} and has no alg, add ${algorithm} to the option algorithms`
          : found
      }
      const reason = reasonsByKid.get(kid)
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

/**
 * Returns whether two algorithms use keys of the same type and curve. Returns `false` for the type `AKP`, because each of its
 * algorithms has separate keys.
 */
function isSameKeyType(one: KeyType, other: KeyType): boolean {
  return one.kty !== 'AKP' && one.kty === other.kty && one.crv === other.crv
}

const NONE: readonly VerifyingKey[] = Object.freeze([])

function getOrAdd<Key, Value>(map: Map<Key, Value>, key: Key, create: () => Value): Value {
  let value = map.get(key)
  if (value === undefined) {
    value = create()
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
