import { Itself } from '../lib/itself.ts'
import type { AccessToken } from '../model/access-token.ts'
import type { RequestOfToken, VerificationServices } from '../token/verification.ts'
import type { SharedState, SharedVerification } from '../token/verify-token.ts'
import type { UsedProofs } from './request-proof.ts'
import { RequestVerification } from './request-verification.ts'

/**
 * State that the guards of one request share. The rules:
 *
 * 1. A token is verified once for each request. Guards that are called during the verification wait for the same result.
 * 2. A verification result is valid for one request object, one resource server and one token. If the request object later contains
 *    a different token, for example on a socket or in a test, the new token is verified.
 * 3. If a later guard introspects the token, the introspection result replaces the earlier verification result.
 * 4. A 503 or a thrown error is not kept: the next guard tries again. Rule 9 is different: it keeps a 503.
 * 5. When a key is distrusted, all verification results are outdated, and the token is verified again.
 * 6. Guards share a result of the function `revoked` as long as they use the same verification result, but for at most
 *    `LIMITS.responseOfRequest` seconds. A request can be a connection that stays open for hours.
 * 7. After a wait, a guard uses the newest verification result, even if the guard has waited for an older one.
 * 8. A DPoP proof is checked once. Its age is checked once more, when its use is recorded. Later guards do not check the age, so a long
 *    request can continue.
 * 9. The use of a DPoP proof is recorded once for each request and each replay store, for any number of guards. The result is kept,
 *    even if it is a 503, because the store may have recorded the use.
 */
export class RequestState implements SharedState {
  /** The outcome of the last guard. `undefined`: no guard was called, or the last guard is pending or has refused the request. */
  outcome: AccessToken | 'anonymous' | undefined
  /** The number of guards that were called and have not decided yet. Includes guards that have thrown an error. */
  pendingGuards = 0
  /** `true` if a guard has refused. */
  hasRefused = false
  /** One verification for each resource server that guards this request. Usually, there is only one. */
  private readonly verifications: RequestVerification[] = []
  private readonly usedProofs: UsedProofs = []

  /** Records that a guard was called. `getToken` throws until the guard has granted the request. */
  beginGuard(): void {
    this.outcome = undefined
    this.pendingGuards++
  }

  /** Records the outcome of a guard that was pending. */
  endGuard(outcome: AccessToken | 'anonymous' | 'refused'): void {
    this.pendingGuards--
    if (outcome === 'refused') this.hasRefused = true
    this.outcome = outcome === 'refused' ? undefined : outcome
  }

  /** Returns the shared verification of these credentials by one resource server. */
  getVerification(
    services: VerificationServices,
    token: string,
    request: RequestOfToken,
  ): SharedVerification {
    const at = this.verifications.findIndex((known) => known.services === services)
    if (at !== -1 && this.verifications[at]!.presented === token) return this.verifications[at]!
    const made = new RequestVerification(services, token, request, this.usedProofs)
    if (at === -1) this.verifications.push(made)
    else this.verifications[at] = made
    return made
  }
}

/**
 * Keeps the state of a request in a private field of the request object, because other code could write to a normal property.
 * A `WeakMap` is used only for objects that are not extensible.
 */
class WithState extends Itself {
  static readonly #notExtensible = new WeakMap<object, RequestState>()
  readonly #state = new RequestState()

  static find(raw: object): RequestState | undefined {
    return #state in raw ? raw.#state : WithState.#notExtensible.get(raw)
  }

  static add(raw: object): RequestState {
    if (Object.isExtensible(raw)) return new WithState(raw).#state
    const state = new RequestState()
    WithState.#notExtensible.set(raw, state)
    return state
  }
}

/** Returns the state of a request object. The first call creates it. */
export function getRequestState(raw: object): RequestState {
  return WithState.find(raw) ?? WithState.add(raw)
}

/** Records that a guard of a request was called. `getToken` throws until the guard has granted the request. */
export function beginGuard(raw: unknown): void {
  // A guard can be called with any value by mistake. Only an object can be a request.
  if (typeof raw === 'object' && raw !== null) getRequestState(raw).beginGuard()
}

/**
 * Returns `'refused'` if a guard has refused the request, and `'pending'` if a guard was called and has not decided yet.
 * Otherwise returns `undefined`. Adapters use this function to stop a request if a guard was called but not awaited.
 */
export function getUnmetGuard(raw: object): 'pending' | 'refused' | undefined {
  const state = WithState.find(raw)
  if (state?.hasRefused === true) return 'refused'
  return state !== undefined && state.pendingGuards > 0 ? 'pending' : undefined
}

/**
 * Returns the verified token of a request that a guard has granted. `raw` is the request object of the framework that was passed to
 * the guard. Adapters export this function as `auth(...)`. Never returns `undefined`.
 *
 * @throws `Error` if no guard has granted the request, or if a guard has refused it or has not decided yet. Also throws
 * for an anonymous caller of an `optional` guard. Such a call of `getToken` is a mistake in the application.
 *
 * @example
 * const { clientId } = getToken(request)
 */
export function getToken(raw: object): AccessToken {
  const outcome = WithState.find(raw)?.outcome
  if (outcome === undefined || getUnmetGuard(raw) !== undefined) {
    throw new Error(
      'auth(...) was called before a guard granted the request, or after a guard refused it. Put requireToken(...) before the handler. If your code calls the guard, await it.',
    )
  }
  if (outcome === 'anonymous') {
    throw new Error(
      'auth(...) was called for an anonymous caller. For an optional guard, read the token where the adapter puts it, such as request.auth. It is undefined for anonymous callers.',
    )
  }
  return outcome
}
