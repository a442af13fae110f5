import type { MaybePromise } from '../lib/maybe-promise.ts'
import type { Rejection } from '../response/rejection.ts'
import type { Algorithm } from '../signature/algorithms.ts'
import type { VerifyingKey } from './key-set.ts'

/** How it stands with the keys of one issuer. Times are seconds since the epoch. */
export type KeyStatus =
  /** Given in the configuration. */
  | { readonly state: 'static' }
  /** None are needed: the issuer's tokens are opaque, and what it says about them is not signed. */
  | { readonly state: 'unused' }
  /** Loaded at that time, and as young as they should be. */
  | { readonly state: 'fresh'; readonly since: number }
  /** Older than they should be since that time, because they cannot be fetched; they still serve. */
  | { readonly state: 'stale'; readonly since: number }
  /** There are none to verify with. */
  | { readonly state: 'unavailable' }

/** Where the keys to verify a token with come from. */
export interface KeySource {
  /**
   * The keys to try, at once where they are at hand. None where the issuer does not list such a key;
   * `keys_unavailable` where it cannot be known which keys the issuer lists.
   */
  find(
    algorithm: Algorithm,
    kid: string | undefined,
  ): MaybePromise<readonly VerifyingKey[] | Rejection>
  /**
   * The same among the keys at hand: one that is not there is not looked for. Waits only where all of them
   * are older than they may be.
   */
  listed(algorithm: Algorithm, kid: string | undefined): MaybePromise<readonly VerifyingKey[]>
  /** Says why the key with this `kid` does not serve the algorithm: see `KeySet`. */
  explain(algorithm: Algorithm, kid: string | undefined): string | undefined
  /**
   * More keys to try where none of those in `tried` has signed the token: the issuer may have put other
   * material under the same `kid`.
   */
  findChanged(
    algorithm: Algorithm,
    kid: string | undefined,
    tried: readonly VerifyingKey[],
  ): MaybePromise<readonly VerifyingKey[] | Rejection>
  /** Never uses the key with this thumbprint (RFC 7638, SHA-256) again. A secret has none. */
  readonly distrustKey?: (thumbprint: string) => boolean
  /** Resolves when there are keys; rejects with a `KeysUnavailableError` when they cannot be had. */
  ready(): Promise<void>
  status(): KeyStatus
}
