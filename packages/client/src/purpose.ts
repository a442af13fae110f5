import { isRecord, Problems } from '@bearward/core/for-clients'
import type { GetTokenOptions } from './options.ts'

/** What one token is for, as it was checked. */
export interface Purpose {
  /** Each once, in the order in which they were given. */
  readonly scopes: readonly string[]
  readonly resources: readonly string[]
  readonly audience: string | undefined
}

/** RFC 6749 section 3.3: what a scope is made of. */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+$/

/** Reads what a token is for, and says all that is wrong with it. */
export function readPurpose(
  { scope, resource, audience }: Readonly<Record<string, unknown>>,
  say: (problem: string) => void,
): Purpose {
  if (resource !== undefined && audience !== undefined) {
    say(
      'resource and audience stand side by side: give the one that the authorization server knows.',
    )
  }
  if (audience !== undefined && (typeof audience !== 'string' || audience === '')) {
    say('audience must be a string.')
  }
  const scopes = typeof scope === 'string' ? scope.split(' ').filter((one) => one !== '') : scope
  const areScopes = isListOf(scopes, (one) => SCOPE.test(one))
  if (scope !== undefined && !areScopes) {
    say('scope must be scopes separated by spaces, or an array of scopes.')
  }
  const resources = typeof resource === 'string' ? [resource] : resource
  const areResources = isListOf(resources, isResource)
  if (resource !== undefined && !areResources) {
    say('resource must be an absolute URI without a fragment, or an array of them.')
  }
  return {
    scopes: Object.freeze(areScopes ? [...new Set(scopes)] : []),
    resources: Object.freeze(areResources ? [...new Set(resources)] : []),
    audience: audience as string | undefined,
  }
}

const PURPOSE = ['scope', 'resource', 'audience']

/**
 * What a caller asks for, where the source is for `usual`; `others` are names that may stand beside that. Throws a
 * `ConfigurationError`.
 */
export function purposeOf(
  request: GetTokenOptions | undefined,
  usual: Purpose,
  others: readonly string[] = [],
): Purpose {
  if (request === undefined) return usual
  const problems = new Problems()
  const say = (problem: string) => problems.add(problem)
  const given = isRecord(request) ? request : {}
  if (isRecord(request)) problems.unknownNames(request, [...PURPOSE, ...others])
  else say('It must be an object: { scope, resource }.')
  const asked = readPurpose(given, say)
  const { scope, resource, audience, signal } = given
  if (signal !== undefined && others.includes('signal') && !(signal instanceof AbortSignal))
    say('signal must be an AbortSignal.')
  problems.throwAs('The request for a token is wrong')
  const isForAnother = resource !== undefined || audience !== undefined
  return {
    scopes: scope === undefined ? usual.scopes : asked.scopes,
    resources: isForAnother ? asked.resources : usual.resources,
    audience: isForAnother ? asked.audience : usual.audience,
  }
}

/** The same for every way to write the same purpose, and for no two purposes. */
export function keyOf({ scopes, resources, audience }: Purpose): string {
  return JSON.stringify([[...scopes].sort(), [...resources].sort(), audience ?? null])
}

/** Where a token for these resources may be sent, unless the operator says otherwise. */
export function originsOf({ resources }: Purpose): readonly string[] {
  return resources
    .map((resource) => new URL(resource))
    .flatMap(({ protocol, origin }) => (protocol === 'https:' ? [origin] : []))
}

function isListOf(value: unknown, isOne: (text: string) => boolean): value is string[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((one) => typeof one === 'string' && isOne(one))
  )
}

/** RFC 8707 section 2. */
function isResource(text: string): boolean {
  return URL.canParse(text) && !text.includes('#')
}
