import type { MaybePromise } from '../lib/maybe-promise.ts'
import type { Rejection } from '../response/rejection.ts'
import type { Algorithm } from '../signature/algorithms.ts'
import type { VerifyingKey } from './key-set.ts'

/**
 * State of the keys of one issuer, as `status()` of the resource server returns it. Times are in seconds since the epoch.
 *
 * @example
 * ```ts
 * { state: 'fresh', since: 1_767_225_600 }
 * ```
 */
export type KeyStatus =
  /** The keys are configured: option `jwks` or an HMAC secret. */
  | { readonly state: 'static' }
  /** No keys are needed: the tokens are opaque, and introspection responses are not signed. */
  | { readonly state: 'unused' }
  /** The keys were fetched at `since`, and have not reached their maximum age. */
  | { readonly state: 'fresh'; readonly since: number }
  /** The keys reached their maximum age at `since`, and have not been refreshed yet. They stay in use. */
  | { readonly state: 'stale'; readonly since: number }
  /** No keys can be used: tokens that need them get 503. */
  | { readonly state: 'unavailable' }

/** A query for the key that signed a token, from its unverified header and claims. */
export interface KeyQuery {
  readonly algorithm: Algorithm
  readonly kid: string | undefined
  /** Returns the listed keys that may have signed the token. Returns an empty list if there are too many. */
  choose(listed: readonly VerifyingKey[]): readonly VerifyingKey[]
  /**
   * Seconds since the epoch: the unverified integer `iat` of the token plus the clock tolerance. It is used only while keys
   * cannot be fetched or while fetches are paused, to choose between 401 and 503.
   */
  readonly issuedAt: number | undefined
  /** The only listed key, if the caller has already tried it. The search does not return this key again. */
  readonly tried: VerifyingKey | undefined
  /**
   * Returns whether the token is rejected regardless of its key, for example because it is expired. While keys are cached,
   * no newer keys are fetched for such a token.
   */
  isRuledOut(): boolean
}

/** The search for the key that signed one token. It starts when the token arrives. */
export interface KeySearch {
  /**
   * Returns keys to try, each of them once. Fresh cached keys are returned synchronously. If the cached keys are stale, `next`
   * may first wait for a refresh. If this process starts refreshes with timers, `next` waits for at most
   * `KEY_TIMES.waitForFresh`. Otherwise, `next` waits until the refresh has ended.
   *
   * - An empty list: the issuer has no other key for this token.
   * - A rejection (503): another key may exist, but newer keys cannot be fetched now.
   */
  next(): MaybePromise<readonly VerifyingKey[] | Rejection>
  /** Returns the distrusted keys for this token. `next` never returns them. */
  distrusted(): readonly VerifyingKey[]
  /** Returns whether there are keys with this `kid` and algorithm, even if `choose` excludes them. */
  hasListed(): boolean
}

/** The keys of one issuer, and the search for them. */
export interface KeySource {
  /**
   * Returns the cached keys for a token, if they can be used without a search: they are fresh, and no key is distrusted.
   * Otherwise, returns `undefined`.
   */
  cached(algorithm: Algorithm, kid: string | undefined): readonly VerifyingKey[] | undefined
  /** Starts a search for the key that signed a token. */
  search(query: KeyQuery): KeySearch
  /**
   * Returns the cached keys that are not distrusted. An unknown key does not trigger a fetch. If the cached keys are stale,
   * `listed` may first wait for a refresh: see `KeySearch.next`.
   */
  listed(algorithm: Algorithm, kid: string | undefined): MaybePromise<readonly VerifyingKey[]>
  /** Returns why the key with this `kid` does not serve the algorithm: see `KeySet.explain`. */
  explain(algorithm: Algorithm, kid: string | undefined): string | undefined
  /**
   * Returns whether any key is distrusted. A distrusted key may have signed a token even if this key is not in the cached key set.
   */
  hasDistrusted(): boolean
  /**
   * Distrusts the key with this thumbprint (RFC 7638, SHA-256) permanently. Returns `false` if the key was already distrusted.
   * Missing for an HMAC secret, which has no thumbprint, and for an issuer that needs no keys.
   */
  readonly distrustKey?: (thumbprint: string) => boolean
  /** Resolves when keys are available. Rejects with a `KeysUnavailableError` if they could not be fetched. */
  ready(): Promise<void>
  status(): KeyStatus
}
