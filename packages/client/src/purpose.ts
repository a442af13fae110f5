import { isRecord, Problems } from '@bearward/core/authorization-server'
import type { TokenRequest } from './options.ts'

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
  if (scope !== undefined && !isListOf(scopes, (one) => SCOPE.test(one))) {
    say('scope must be scopes separated by spaces, or an array of scopes.')
  }
  const resources = typeof resource === 'string' ? [resource] : resource
  if (resource !== undefined && !isListOf(resources, isResource)) {
    say('resource must be an absolute URI without a fragment, or an array of them.')
  }
  return {
    scopes: [...new Set((scopes as string[] | undefined) ?? [])],
    resources: [...new Set((resources as string[] | undefined) ?? [])],
    audience: audience as string | undefined,
  }
}

/** What a caller asks for, where the source is for `usual`. Throws a `ConfigurationError`. */
export function purposeOf(request: TokenRequest, usual: Purpose): Purpose {
  const problems = new Problems()
  const say = (problem: string) => problems.add(problem)
  if (isRecord(request)) problems.unknownNames(request, ['scope', 'resource', 'audience', 'signal'])
  else say('It must be an object: { scope, resource }.')
  const asked = readPurpose(isRecord(request) ? request : {}, say)
  problems.throwAs('The request for a token is wrong')
  const isForAnother = request.resource !== undefined || request.audience !== undefined
  return {
    scopes: request.scope === undefined ? usual.scopes : asked.scopes,
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

function isListOf(value: unknown, isOne: (text: string) => boolean): boolean {
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
