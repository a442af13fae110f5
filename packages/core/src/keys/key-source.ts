import type { MaybePromise } from '../lib/maybe-promise.ts'
import type { Rejection } from '../response/rejection.ts'
import type { Algorithm } from '../signature/algorithms.ts'
import type { VerifyingKey } from './key-set.ts'

/** The state of the keys of one issuer. Times are seconds since the epoch. */
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

/** The known facts about the key that has signed a token, before the signature is verified. */
export interface KeyQuery {
  readonly algorithm: Algorithm
  readonly kid: string | undefined
  /** Those of the listed keys that may have signed the token. None, where there is no clear choice. */
  choose(listed: readonly VerifyingKey[]): readonly VerifyingKey[]
  /**
   * Seconds since the epoch: the integer `iat` of the token plus the clock tolerance, unverified. Where keys may not be
   * fetched at the moment, it decides between 401 and 503, and nothing else.
   */
  readonly issuedAt: number | undefined
  /** Returns whether the token is refused whoever has signed it. While keys are held, no other ones are fetched for it. */
  isRuledOut(): boolean
}

/** The search for the key that has signed one token. It begins when the token arrives. */
export interface KeySearch {
  /**
   * Returns keys to try, and at the next call more of them, none twice: at once where they are at hand. None: the issuer
   * lists no other key for this token. A rejection (503): it cannot be known whether it does.
   */
  next(): MaybePromise<readonly VerifyingKey[] | Rejection>
  /** The keys for this token that were distrusted. They are not among those of `next`. */
  distrusted(): readonly VerifyingKey[]
  /** Returns whether there are keys with this `kid` and algorithm, chosen or not. */
  hasListed(): boolean
}

/** A source of keys to verify tokens with. */
export interface KeySource {
  search(query: KeyQuery): KeySearch
  /** The keys at hand: one that is not there is not looked for. Waits only where all of them are older than they may be. */
  listed(algorithm: Algorithm, kid: string | undefined): MaybePromise<readonly VerifyingKey[]>
  /** Says why the key with this `kid` does not serve the algorithm: see `KeySet`. */
  explain(algorithm: Algorithm, kid: string | undefined): string | undefined
  /** Returns whether any key was distrusted. It may have signed a token even if it is not at hand. */
  hasDistrusted(): boolean
  /**
   * Never uses the key with this thumbprint (RFC 7638, SHA-256) again. A secret has none. Returns whether it was not
   * distrusted before.
   */
  readonly distrustKey?: (thumbprint: string) => boolean
  /** Resolves when there are keys; rejects with a `KeysUnavailableError` when they cannot be had. */
  ready(): Promise<void>
  status(): KeyStatus
}
