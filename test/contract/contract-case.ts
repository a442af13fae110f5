import type { Requirements } from '@bearward/core'
import type { ConfigurationName } from './configurations.ts'
import type { ExpectedOutcome } from './outcomes.ts'

/** One request to one guard, and the outcome that every framework must produce. */
export interface ContractCase {
  /** Ids of the manifest lines that this case tests. */
  readonly ids: readonly string[]
  /** The title without its subject: it begins with the verb. */
  readonly title: string
  /** @default 'usual' */
  readonly configuration?: ConfigurationName
  /** @default {}, which grants every valid token */
  readonly requirements?: Requirements
  /** The request, or a function that creates it. */
  readonly request: CaseRequest | CreateRequest
  readonly outcome: ExpectedOutcome
  /** `false` if the token must not be introspected. Otherwise, introspection is not checked. */
  readonly isIntrospected?: false
}

/**
 * Creates the request of a case. Gets the URL of the recording server, and the path of the route. Several requests
 * are sent one after the other, and the outcome is the response to the last request.
 */
export type CreateRequest = (
  serverUrl: string,
  path: string,
) => CaseRequest | readonly CaseRequest[]

/** A request of a case, before it is written as text. */
export interface CaseRequest {
  /** @default 'GET' */
  readonly method?: string
  /** Query string, including the question mark. */
  readonly query?: string
  /** Header lines as sent, in latin1, in addition to `Host` and `Connection`. */
  readonly lines: readonly string[]
  readonly body?: string
}

/** Returns a request with a bearer token in the `Authorization` header (RFC 6750 section 2.1). */
export function bearer(token: string): CaseRequest {
  return withCredentials(`Bearer ${token}`)
}

/** Returns a request with this value of the `Authorization` header. */
export function withCredentials(credentials: string): CaseRequest {
  return { lines: [`Authorization: ${credentials}`] }
}

/** Returns one case for each token or request, with the same outcome. The key completes the title. */
export function each(
  ids: readonly string[],
  title: string,
  outcome: ExpectedOutcome,
  requests: Readonly<Record<string, string | ContractCase['request']>>,
  more: Pick<ContractCase, 'configuration' | 'requirements' | 'isIntrospected'> = {},
): readonly ContractCase[] {
  return Object.entries(requests).map(([what, request]) => ({
    ids,
    title: `${title}: ${what}`,
    request: typeof request === 'string' ? bearer(request) : request,
    outcome,
    ...more,
  }))
}

/** Returns the title of the test: the ids, the subject, the title of the case, and the configuration in parentheses. */
export function toTitle(
  one: Pick<ContractCase, 'ids' | 'title' | 'configuration'>,
  subject = 'an API',
): string {
  const { ids, configuration } = one
  const title = `${subject} ${one.title}`
  const suffix = configuration === undefined ? '' : ` (${configuration})`
  return (ids.length === 0 ? title : `${ids.join(', ')}: ${title}`) + suffix
}
