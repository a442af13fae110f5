import type { MaybePromise } from '../maybe-promise.ts'
import type { Rejection } from '../outcome/rejection.ts'
import type { Algorithm } from '../signature/algorithms.ts'
import type { SignatureVerifier } from '../signature/engine.ts'

/** How it stands with the keys of one issuer. */
export type KeyStatus =
  /** Given in the configuration. */
  | { readonly state: 'static' }
  /** Loaded, and as young as they should be. */
  | { readonly state: 'fresh'; readonly since: number }
  /** Loaded, but the last refresh failed; they still serve. Times are milliseconds since the epoch. */
  | { readonly state: 'stale'; readonly since: number }
  /** There are none to verify with. */
  | { readonly state: 'unavailable' }

/** Where the verifiers for a token come from. */
export interface KeySource {
  /**
   * The verifiers to try, at once where the keys are at hand. None for a key that the issuer does not
   * list; `keys_unavailable` where it cannot be known which keys the issuer lists.
   */
  verifiers(
    algorithm: Algorithm,
    kid: string | undefined,
  ): MaybePromise<readonly SignatureVerifier[] | Rejection>
  /** Resolves when there are keys; rejects with a `KeysUnavailableError` when they cannot be had. */
  ready(): Promise<void>
  status(): KeyStatus
}
