import { readRequirements } from './authorization/read-requirements.ts'
import type { CheckedRequirements } from './authorization/requirements.ts'
import type { Clock } from './lib/clock.ts'
import type { AccessToken } from './model/access-token.ts'
import type { RequestLike } from './model/request-like.ts'
import { meetsRequirements, RequestGuard } from './request/request-guard.ts'
import type { StagedGuard } from './request/staged-guard.ts'
import type { ResourceServer } from './resource-server.ts'
import { getServerBase, type ServerBase } from './server-base.ts'
import { getKnownIssuer } from './token/trusted-issuers.ts'

/** The parts of a resource server, for packages that build guards of another kind. */
export interface GuardParts {
  readonly clock: Clock
  /** The option `resource`. */
  readonly resource: string | undefined
  /**
   * `true` if an issuer can have opaque tokens. An opaque token can begin with any text, so it can also begin with the prefix of API
   * keys.
   */
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
  readonly beginGuard: (request: RequestLike) => StagedGuard
  /** Returns whether a token meets requirements: see `meetsRequirements`. */
  readonly meets: (token: AccessToken, requirements: CheckedRequirements) => boolean
  readonly verify: ResourceServer['verify']
  /** Returns the option `introspection.maxAge` of an issuer in seconds. Returns 0 if the issuer has no introspection. */
  readonly getIntrospectionAge: (issuer: string) => number
}

/**
 * Returns the parts of a resource server. Also accepts an object that was created from a resource server. Returns `undefined` for
 * any other object.
 */
export function getGuardParts(server: Pick<ResourceServer, 'close'>): GuardParts | undefined {
  const base = getServerBase(server)
  return base && createGuardParts(base)
}

function createGuardParts({
  settings,
  services,
  issuers,
  requirementSettings,
  verify,
}: ServerBase): GuardParts {
  return {
    clock: settings.clock,
    resource: settings.resource,
    acceptsOpaqueTokens: settings.issuers.some(({ tokenFormat }) => tokenFormat !== 'jwt'),
    readRequirements: (given, kind) =>
      readRequirements([given], issuers, requirementSettings, kind),
    beginGuard: (request) => new RequestGuard(request, services),
    meets: (token, requirements) => meetsRequirements(token, requirements, services),
    verify,
    getIntrospectionAge: (issuer) =>
      getKnownIssuer(issuer, services.issuers)?.settings.introspection?.maxAge ?? 0,
  }
}
