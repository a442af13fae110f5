import type { AccessToken } from '../model/access-token.ts'
import type { RequestOfToken, VerificationServices } from '../token/verification.ts'
import type { SharedState, SharedVerification } from '../token/verify-token.ts'
import { RequestVerification } from './request-verification.ts'

/**
 * State that the guards of one request share. The rules:
 *
 * 1. A token is verified once for each request. Guards that are called in the meantime wait for the same result.
 * 2. The result belongs to one request object, one resource server and one set of credentials. If the same object
 *    later has other credentials (a socket, a test, a proxy), their token is verified again.
 * 3. If a later guard introspects the token, the introspection result replaces the earlier result.
 * 4. A 503 or an exception is not kept: the next guard tries again.
 * 5. When a key is distrusted, all results are outdated, and the token is verified again.
 * 6. After a wait, a guard uses the newest result, even if it waited for an older one.
 */
export class RequestState implements SharedState {
  /** The decision of the last guard. `undefined` while it decides, and after it has refused. */
  decision: AccessToken | 'anonymous' | undefined
  /** The number of guards that were called and have neither granted nor refused. Includes guards that threw. */
  pendingGuards = 0
  /** `true` if a guard has refused. */
  hasRefused = false
  /** One for each resource server that guards this request: usually one. */
  private readonly verifications: RequestVerification[] = []

  /** Records that a guard was called. Until it decides, `getToken` throws. */
  beginGuard(): void {
    this.decision = undefined
    this.pendingGuards++
  }

  /** Returns the verification of these credentials by this resource server, which the guards of the request share. */
  getVerification(
    services: VerificationServices,
    token: string,
    request: RequestOfToken,
  ): SharedVerification {
    const at = this.verifications.findIndex((known) => known.services === services)
    if (at !== -1 && this.verifications[at]!.presented === token) return this.verifications[at]!
    const made = new RequestVerification(services, token, request)
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
 * A `WeakMap` is used only for frozen objects: an entry takes the garbage collector longer than all checks of
 * the claims take.
 */
class WithState extends Itself {
  static readonly #frozen = new WeakMap<object, RequestState>()
  readonly #state = new RequestState()

  static find(raw: object): RequestState | undefined {
    return #state in raw ? raw.#state : WithState.#frozen.get(raw)
  }

  static add(raw: object): RequestState {
    if (Object.isExtensible(raw)) return new WithState(raw).#state
    const state = new RequestState()
    WithState.#frozen.set(raw, state)
    return state
  }
}

/** Returns the state of a request object. The first call creates it. */
export function getRequestState(raw: object): RequestState {
  return WithState.find(raw) ?? WithState.add(raw)
}

/** Records that a guard of a request was called. Until it decides, `getToken` throws. */
export function beginGuard(raw: object): void {
  getRequestState(raw).beginGuard()
}

/**
 * Returns `'refused'` if a guard has refused the request, and `'pending'` if a guard has not decided yet. Returns
 * `undefined` if all guards have let the request pass, or if the request has no guard. For adapters that can stop a
 * request whose guard was called but not awaited.
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
  const decision = WithState.find(raw)?.decision
  if (decision === undefined || getUnmetGuard(raw) !== undefined) {
    throw new Error(
      'auth(...) was called, but no requireToken(...) has granted the request, or another one has refused it or has not decided yet. Put a guard before the handler. If your code calls the guard, await it.',
    )
  }
  if (decision === 'anonymous') {
    throw new Error(
      'auth(...) was called for an anonymous caller. Behind an optional guard, read the property of the adapter, such as request.auth: it is undefined for anonymous callers.',
    )
  }
  return decision
}
