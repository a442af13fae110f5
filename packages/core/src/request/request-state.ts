import type { AccessToken } from '../model/access-token.ts'
import type { RequestOfToken, VerificationServices } from '../token/verification.ts'
import type { SharedState, SharedVerification } from '../token/verify-token.ts'
import type { UsedProofs } from './request-proof.ts'
import { RequestVerification } from './request-verification.ts'

/**
 * State that the guards of one request share. The rules:
 *
 * 1. A token is verified once for each request. Guards that are called in the meantime wait for the same result.
 * 2. The result belongs to one request object, one resource server and one set of credentials. If the same object
 *    later has other credentials, for example on a socket or in a test, their token is verified again.
 * 3. If a later guard introspects the token, the introspection result replaces the earlier result.
 * 4. A 503 or an exception is not kept: the next guard tries again.
 * 5. When a key is distrusted, all results are outdated, and the token is verified again.
 * 6. The guards share a result of the function `revoked`. It belongs to one result of the verification. It counts for
 *    `LIMITS.responseOfRequest` seconds after the call, because a request can be a connection that stays open for hours.
 * 7. After a wait, a guard uses the newest result, even if it waited for an older one.
 * 8. A DPoP proof is checked once, so its age is not checked again during a long request.
 * 9. A DPoP proof is used once for each request and each replay store, whatever happens between two guards. The result of the use
 *    is kept, also a 503: the store may have recorded the use.
 */
export class RequestState implements SharedState {
  /** The outcome of the last guard. `undefined` while the guard is pending, and after it has refused. */
  outcome: AccessToken | 'anonymous' | undefined
  /** The number of guards that were called and have neither granted nor refused. Includes guards that threw. */
  pendingGuards = 0
  /** `true` if a guard has refused. */
  hasRefused = false
  /** One for each resource server that guards this request: usually one. */
  private readonly verifications: RequestVerification[] = []
  private readonly usedProofs: UsedProofs = []

  /** Records that a guard was called. Until it has granted, `getToken` throws. */
  beginGuard(): void {
    this.outcome = undefined
    this.pendingGuards++
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

/** A constructor that returns its argument. A class that extends it adds its private fields to that object. */
const Itself = function (object: object) {
  return object
} as unknown as new (object: object) => object

/**
 * Keeps the state of a request in a private field of the request object. Other code could write to a property.
 * A `WeakMap` is used only for objects that are not extensible. Its entries are slow to garbage-collect: slower than all claim
 * checks of the request.
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

/** Records that a guard of a request was called. Until it has granted, `getToken` throws. */
export function beginGuard(raw: unknown): void {
  // A guard can be called with any value by mistake. Only an object can be a request.
  if (typeof raw === 'object' && raw !== null) getRequestState(raw).beginGuard()
}

/**
 * Returns `'refused'` if a guard has refused the request, and `'pending'` if a guard has not decided yet. Returns
 * `undefined` if all guards have let the request pass, or if the request has no guard. Adapters use it to stop a request
 * if a guard was called but not awaited.
 */
export function getUnmetGuard(raw: object): 'pending' | 'refused' | undefined {
  const state = WithState.find(raw)
  if (state?.hasRefused === true) return 'refused'
  return state !== undefined && state.pendingGuards > 0 ? 'pending' : undefined
}

/**
 * Returns the verified token of a request that a guard has granted. `raw` is the `raw` of the request that the guard
 * received. Adapters export this function as `auth(...)`. Never returns `undefined`.
 *
 * @throws `Error` if no guard has granted the request, or if a guard has refused it or has not decided yet. Also if
 * the guard is `optional` and the caller is anonymous. Such a call is a mistake in the application.
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
