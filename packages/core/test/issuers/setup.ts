import { closing } from '../../../../test/support/closing.ts'
import { fakeClock } from '../../../../test/support/fake-clock.ts'
import { AUDIENCE, createTestIssuer, type TestIssuer } from '../../../../test/support/issuer.ts'
import { requestWith } from '../../../../test/support/requests.ts'
import {
  type BearwardEvent,
  createResourceServer,
  type IssuerOptions,
  type Outcome,
  type Requirements,
  type ResourceServerOptions,
} from '../../src/index.ts'

/** First part of the issuer of each tenant. The name of the tenant follows. */
export const BASE = 'https://login.example.com/tenants/'

/** Response of the authorization server of a tenant: these keys, a failed connection, or no response. */
type Behavior = { readonly keys: readonly object[] } | 'refuse' | 'hang'

export interface TenantOptions {
  /** Members of the option `issuers` that replace the usual ones. */
  readonly issuers?: Readonly<Record<string, unknown>>
  /** Other options of the resource server. */
  readonly options?: Readonly<Record<string, unknown>>
}

/** Creates a resource server for tenants, and the authorization servers of the tenants. The clock advances only if the test advances it. */
export function serveTenants({ issuers = {}, options = {} }: TenantOptions = {}) {
  const clock = fakeClock()
  const tenants = new Map<string, TestIssuer>()
  const behaviors = new Map<string, Behavior>()
  const events: BearwardEvent[] = []
  const [matched, resolved, fetched]: string[][] = [[], [], []]
  let resolve: (iss: string) => unknown = toOptions

  /** Returns a tenant with a key of its own. The keys of all tenants have the same `kid`. */
  function tenant(name: string): TestIssuer {
    const known = tenants.get(name)
    if (known !== undefined) return known
    const made = createTestIssuer({ issuer: BASE + name, now: clock.seconds, lifetime: 86_400 })
    tenants.set(name, made)
    return made
  }

  async function fetch(url: string): Promise<Response> {
    fetched!.push(url.replace(BASE, ''))
    const name = /\/tenants\/([^/]*)/.exec(url)?.[1] ?? ''
    const behavior = behaviors.get(name) ?? { keys: tenant(name).jwks.keys }
    if (behavior === 'refuse') throw new TypeError('fetch failed')
    if (behavior === 'hang') return new Promise(() => {})
    return url.endsWith('/jwks')
      ? Response.json({ keys: behavior.keys })
      : Response.json({ issuer: BASE + name, jwks_uri: `${BASE}${name}/jwks` })
  }

  const server = closing(
    createResourceServer({
      issuers: {
        match(iss: string) {
          matched!.push(iss.replace(BASE, ''))
          return iss.startsWith(BASE)
        },
        resolve(iss: string) {
          resolved!.push(iss.replace(BASE, ''))
          return resolve(iss)
        },
        ...issuers,
      },
      clock,
      fetch,
      onEvent: (event: BearwardEvent) => events.push(event),
      ...options,
    } as ResourceServerOptions),
  )

  const send = async (token: string, requirements: Requirements = {}): Promise<Outcome> =>
    server.authorize(requestWith(token), requirements)
  /** Sends a token. Returns `granted`, or the status and the reason of the refusal. */
  const getOutcome = async (token: string, requirements?: Requirements) =>
    summarize(await send(token, requirements))
  let sent = 0
  return {
    clock,
    server,
    events,
    tenant,
    send,
    getOutcome,
    /** Sends a new token of a tenant. Returns the same as `getOutcome`. */
    getOutcomeOfNew: (name: string) =>
      getOutcome(tenant(name).token({ claims: { jti: `t${sent++}` } })),
    /** Sets the function `resolve`. */
    resolveWith: (next: (iss: string) => unknown) => void (resolve = next),
    /** Sets the response of the authorization server of a tenant. */
    behave: (name: string, behavior: Behavior) => void behaviors.set(name, behavior),
    /** Returns the names for which `match` was called since the last call of this function. */
    takeMatched: () => matched!.splice(0),
    /** Returns the names for which `resolve` was called since the last call of this function. */
    takeResolved: () => resolved!.splice(0),
    /** Returns the addresses that were fetched since the last call of this function, without the common first part. */
    takeFetched: () => fetched!.splice(0),
    /** Returns the events of these types since the last call of this function. */
    takeEvents: (...types: readonly string[]) =>
      events.splice(0).filter(({ type }) => types.includes(type)),
  }
}

/** Returns the options of a tenant: its issuer, and the audience of the API. */
export function toOptions(iss: string): IssuerOptions {
  return { issuer: iss, audience: AUDIENCE }
}

/** Returns the kind of an outcome, or the status and the reason of a refusal. */
export function summarize(outcome: Outcome): string {
  return outcome.kind === 'refused' ? `${outcome.status} ${outcome.reason}` : outcome.kind
}
