import type { Requirements } from '@bearward/core'
import type { ConfigurationName } from './configurations.ts'
import type { ExpectedOutcome } from './outcomes.ts'

/** One request against one guard, and what has to come of it in every framework. */
export interface ContractCase {
  /** Lines of the manifest that this case tests. */
  readonly ids: readonly string[]
  readonly title: string
  /** Default `usual`. */
  readonly configuration?: ConfigurationName
  /** Default: any valid token. */
  readonly requirements?: Requirements
  /** May point at the canary, the one server whose every request is counted, by its address. */
  readonly request: CaseRequest | ((canary: string) => CaseRequest)
  readonly outcome: ExpectedOutcome
}

export interface CaseRequest {
  /** Default `GET`. */
  readonly method?: string
  /** Stands behind the path, question mark included. */
  readonly query?: string
  /** Header lines as they are sent, in latin1, beside `Host` and `Connection`. */
  readonly lines: readonly string[]
  readonly body?: string
}

/** A request that carries a token as RFC 6750 section 2.1 asks. */
export function bearer(token: string): CaseRequest {
  return withCredentials(`Bearer ${token}`)
}

export function withCredentials(credentials: string): CaseRequest {
  return { lines: [`Authorization: ${credentials}`] }
}

/** One case for each token, or request, of a list that ends in one outcome. */
export function each(
  ids: readonly string[],
  title: string,
  outcome: ExpectedOutcome,
  requests: Readonly<Record<string, string | CaseRequest>>,
  more: Pick<ContractCase, 'configuration' | 'requirements'> = {},
): readonly ContractCase[] {
  return Object.entries(requests).map(([what, request]) => ({
    ids,
    title: `${title}: ${what}`,
    request: typeof request === 'string' ? bearer(request) : request,
    outcome,
    ...more,
  }))
}

export function titleOf(one: Pick<ContractCase, 'ids' | 'title' | 'configuration'>): string {
  const { ids, title, configuration } = one
  const where = configuration === undefined ? '' : ` (${configuration})`
  return (ids.length === 0 ? title : `${ids.join(', ')}: ${title}`) + where
}
