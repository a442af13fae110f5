import type { AccessToken } from '../model/access-token.ts'
import type { RequestOfToken, VerificationServices } from '../token/verification.ts'
import type { SharedState, SharedVerification } from '../token/verify-token.ts'
import { RequestVerification } from './request-verification.ts'

/**
 * The state that the guards of one request share. The rules:
 *
 * 1. A token is verified once for a request. Guards that come in the meantime wait for the same result.
 * 2. The result belongs to one request object, one resource server and one set of credentials. The same object
 *    with other credentials (a socket, a test, a proxy) starts from nothing.
 * 3. What a later guard learns about the token from its issuer replaces what was known.
 * 4. A fault of ours or of a server (503, or an exception) is not kept: the next guard tries again.
 * 5. When a key is distrusted, all results are outdated, and the token is verified again.
 * 6. A guard that comes back from a wait uses the newest result, not the one that it has waited for.
 */
export class RequestState implements SharedState {
  /** The decision of the last guard. `undefined` while it decides, and after it has refused. */
  decision: AccessToken | 'anonymous' | undefined
  /** The number of guards that have begun and neither granted nor refused. A guard that throws stays among them. */
  pendingGuards = 0
  /** True if a guard has refused. */
  hasRefused = false
  /** One for each resource server that guards this request: usually one. */
  private readonly verifications: RequestVerification[] = []

  /** A guard has begun. Until it decides, nobody gets the token. */
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

/** A constructor that returns its argument: a class that extends it adds its private fields to that object. */
const Itself = function (object: object) {
  return object
} as unknown as new (object: object) => object

/**
 * Keeps the state of a request in a private field of the request object, because any code could write to a
 * property. An entry of a `WeakMap` costs the garbage collector more than all checks of the claims cost, so
 * only frozen objects have one.
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

/** Returns the state of a request by its request object, which is made at the first call. */
export function getRequestState(raw: object): RequestState {
  return WithState.find(raw) ?? WithState.add(raw)
}

/** Notes that a guard of a request has begun. Until it decides, nobody gets the token. */
export function beginGuard(raw: object): void {
  getRequestState(raw).beginGuard()
}

/**
 * Returns what a guard of a request lacks: `pending` if one has not decided, `refused` if one has refused.
 * Returns `undefined` if all guards have let the request pass, or if there are none. For adapters that can stop a
 * request whose guard was called and not awaited.
 */
export function getUnmetGuard(raw: object): 'pending' | 'refused' | undefined {
  const state = WithState.find(raw)
  if (state?.hasRefused === true) return 'refused'
  return state !== undefined && state.pendingGuards > 0 ? 'pending' : undefined
}

/**
 * Returns the verified token of a request that has passed a guard, by the `raw` that the guard was called
 * with. Adapters offer it as `auth(...)`. Never returns `undefined`.
 *
 * Throws an `Error` if there is none, which is a mistake in the program: no guard has granted this request, one of
 * its guards has refused or is still deciding, or the guard is `optional` and the caller is anonymous.
 *
 * @example
 * const { clientId } = getToken(request)
 */
export function getToken(raw: object): AccessToken {
  const decision = WithState.find(raw)?.decision
  if (decision === undefined || getUnmetGuard(raw) !== undefined) {
    throw new Error(
      'auth(...) was called for a request that no requireToken(...) has granted, or that another one has refused or not decided. Put a guard before the handler, and await it if your code calls it.',
    )
  }
  if (decision === 'anonymous') {
    throw new Error(
      'auth(...) was called for an anonymous caller. Behind an optional guard, read the token where it may be undefined.',
    )
  }
  return decision
}
