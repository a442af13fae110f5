import type { CheckedRequirements } from './authorization/requirements.ts'
import type { Clock } from './lib/clock.ts'
import type { AccessToken } from './model/access-token.ts'
import type { RequestLike } from './model/request-like.ts'
import type { GuardSession } from './request/guard-session.ts'
import type { ResourceServer } from './resource-server.ts'

/** Functions of a resource server for packages that build guards of another kind. */
export interface GuardTools {
  readonly clock: Clock
  /** The option `resource`. */
  readonly resource: string | undefined
  /** `true` if an issuer can have opaque tokens, which can begin with any text. */
  readonly acceptsOpaqueTokens: boolean
  /**
   * Validates the requirements of a guard. `isAdditional`: the requirements are merged with others.
   *
   * @throws {ConfigurationError} if the requirements are wrong
   */
  readonly readRequirements: (
    given: object,
    kind: { readonly isAdditional: boolean },
  ) => CheckedRequirements
  readonly beginGuard: (request: RequestLike) => GuardSession
  /** Returns whether a token meets requirements: see `meetsRequirements`. */
  readonly meets: (token: AccessToken, requirements: CheckedRequirements) => boolean
  readonly verify: ResourceServer['verify']
  /** Returns the option `introspection.maxAge` of an issuer in seconds. Returns 0 if the issuer has no introspection. */
  readonly getIntrospectionAge: (issuer: string) => number
}

/** The tools, by the function `close` of the resource server: copies of a resource server share this function. */
const known = new WeakMap<ResourceServer['close'], GuardTools>()

/** Returns the tools of a resource server, or of an object that was created from it. */
export function getGuardTools(server: Pick<ResourceServer, 'close'>): GuardTools | undefined {
  return known.get(server.close)
}

export function setGuardTools(close: ResourceServer['close'], parts: GuardTools): void {
  known.set(close, parts)
}
