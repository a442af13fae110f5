import { isRecord, Problems, type Say } from '@bearward/core/internal'

/** Scopes, resources and audience that a token is requested for, after validation. */
export interface TokenTarget {
  /** Without duplicates, in the given order. */
  readonly scopes: readonly string[]
  readonly resources: readonly string[]
  readonly audience: string | undefined
}

/** Characters of a scope (RFC 6749 section 3.3). */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+$/

/** Parses `scope`, `resource` and `audience`, and reports every problem to `say`. */
export function readTokenTarget(
  { scope, resource, audience }: Readonly<Record<string, unknown>>,
  say: Say,
): TokenTarget {
  if (resource !== undefined && audience !== undefined) {
    say(
      'resource and audience exclude each other: set the one that the authorization server supports.',
    )
  }
  if (audience !== undefined && (typeof audience !== 'string' || audience === '')) {
    say('audience must be a non-empty string.')
  }
  const scopes = typeof scope === 'string' ? scope.split(' ').filter((one) => one !== '') : scope
  const areScopes = isNonEmptyList(scopes, (one) => SCOPE.test(one))
  if (scope !== undefined && !areScopes) {
    say('scope must be a string of scopes separated by spaces, or an array of scopes.')
  }
  const resources = typeof resource === 'string' ? [resource] : resource
  const areResources = isNonEmptyList(resources, isResource)
  if (resource !== undefined && !areResources) {
    say('resource must be an absolute URI without a fragment, or an array of such URIs.')
  }
  return {
    scopes: Object.freeze(areScopes ? [...new Set(scopes)] : []),
    resources: Object.freeze(areResources ? [...new Set(resources)] : []),
    audience: audience as string | undefined,
  }
}

const TARGET_OPTIONS = ['scope', 'resource', 'audience']

/**
 * Returns the target of one token request: its own values, and those of `defaults` for the values that it leaves out.
 * `otherOptions` are the names that `request` may contain in addition. Throws a `ConfigurationError`.
 */
export function resolveTokenTarget(
  request: object | undefined,
  defaults: TokenTarget,
  otherOptions: readonly string[] = [],
): TokenTarget {
  if (request === undefined) return defaults
  const problems = new Problems()
  const say = (problem: string) => problems.add(problem)
  const given = isRecord(request) ? request : {}
  if (isRecord(request)) problems.unknownNames(request, [...TARGET_OPTIONS, ...otherOptions])
  else say('The request must be an object, such as { scope, resource }.')
  const requested = readTokenTarget(given, say)
  const { scope, resource, audience, signal } = given
  if (signal !== undefined && otherOptions.includes('signal') && !(signal instanceof AbortSignal))
    say('signal must be an AbortSignal.')
  problems.throwAs('The token request is invalid')
  const hasOwnApi = resource !== undefined || audience !== undefined
  return {
    scopes: scope === undefined ? defaults.scopes : requested.scopes,
    resources: hasOwnApi ? requested.resources : defaults.resources,
    audience: hasOwnApi ? requested.audience : defaults.audience,
  }
}

/** Converts a target to a cache key. Order and duplicates do not change the key; different targets have different keys. */
export function toTokenTargetKey({ scopes, resources, audience }: TokenTarget): string {
  return JSON.stringify([[...scopes].sort(), [...resources].sort(), audience ?? null])
}

/** Returns the https origins of the resources. A token may be sent to these unless `allowedOrigins` is set. */
export function getDefaultOrigins({ resources }: TokenTarget): readonly string[] {
  return resources
    .map((resource) => new URL(resource))
    .flatMap(({ protocol, origin }) => (protocol === 'https:' ? [origin] : []))
}

function isNonEmptyList(value: unknown, isOne: (text: string) => boolean): value is string[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((one) => typeof one === 'string' && isOne(one))
  )
}

/** Returns whether a text is a resource indicator (RFC 8707 section 2). */
function isResource(text: string): boolean {
  return URL.canParse(text) && !text.includes('#')
}
