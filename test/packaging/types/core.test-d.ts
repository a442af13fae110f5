/**
 * What the compiler has to know of the core. Nothing here is ever run, and nothing here needs the types
 * of Node or of a framework. Behind a `@ts-expect-error` stands what must not compile.
 */
import {
  type BearwardEvent,
  type ClientAuthentication,
  createResourceServer,
  type Fetch,
  type Outcome,
  type Reason,
  REASONS,
  type ResourceServerOptions,
  type Subject,
} from '@bearward/core'

const issuer = 'https://as.example.com'
const audience = 'https://api.example.com'

const clientAuthentication: ClientAuthentication = {
  method: 'client_secret_basic',
  secret: async () => 'a secret',
}

export const good: readonly ResourceServerOptions[] = [
  { issuer, audience },
  { issuer, audience: [audience, 'reports'], algorithms: ['ES256'], realm: 'reports' },
  { issuer, audience: null, allowedClients: ['cron'], jwtProfile: 'rfc9068' },
  { issuers: [{ issuer, audience }], onEvent: () => {} },
  { issuer, audience, secret: new Uint8Array(32), algorithms: ['HS256'] },
  { issuer, audience, fetch },
  {
    issuer,
    audience,
    tokenFormat: 'opaque',
    introspection: { clientId: 'a', clientAuthentication },
  },
]

export function optionsThatMustNotCompile(): void {
  // @ts-expect-error: no issuer
  createResourceServer({ audience })
  // @ts-expect-error: no audience
  createResourceServer({ issuer })
  // @ts-expect-error: an audience that is undefined is no audience
  createResourceServer({ issuer, audience: undefined })
  // @ts-expect-error: no audience for one of several
  createResourceServer({ issuers: [{ issuer }] })
  // @ts-expect-error: one issuer and several
  createResourceServer({ issuer, audience, issuers: [{ issuer, audience }] })
  // @ts-expect-error: something about one issuer beside several
  createResourceServer({ issuers: [{ issuer, audience }], algorithms: ['ES256'] })
  // @ts-expect-error: a name that does not exist
  createResourceServer({ issuer, audience, clockSkew: 5 })
  // @ts-expect-error: an algorithm that does not exist
  createResourceServer({ issuer, audience, algorithms: ['none'] })
  // @ts-expect-error: a secret as text
  createResourceServer({ issuer, audience, secret: 'correct horse battery staple' })
  // @ts-expect-error: introspection without credentials
  createResourceServer({ issuer, audience, introspection: { clientId: 'a' } })
  const method = 'private_key_jwt'
  // @ts-expect-error: a key as text
  const byKey: ClientAuthentication = { method, key: '-----BEGIN PRIVATE KEY-----' }
  // @ts-expect-error: a secret for a method that has none
  const byCertificate: ClientAuthentication = { method: 'tls_client_auth', secret: byKey.method }
  createResourceServer({
    issuer,
    audience,
    introspection: { clientId: 'a', clientAuthentication: byCertificate },
  })
  // @ts-expect-error: an audience as a pattern
  createResourceServer({ issuer, audience: /.*/ })
}

const server = createResourceServer({ issuer, audience })

export function requirementsThatMustNotCompile(): void {
  server.guard({ introspect: { maxAge: 30 } })
  // @ts-expect-error: introspect is true or { maxAge }
  server.guard({ introspect: 'daily' })
  // @ts-expect-error: a name that does not exist
  server.guard({ scopes: 'read' })
  // @ts-expect-error: a kind of subject that does not exist
  server.guard({ subject: 'robot' })
  // @ts-expect-error: nobody can ask for the unknown
  server.guard({ subject: 'unknown' })
  // @ts-expect-error: an answer that is neither yes nor no
  server.guard({ check: () => 'yes' })
  // @ts-expect-error: a scope that is undefined is a mistake
  server.guard({ scope: undefined })
}

export function identifierOf(subject: Subject): string {
  // @ts-expect-error: whoever is unknown may have no identifier
  const unnarrowed: string = subject.id
  switch (subject.kind) {
    case 'machine':
      return `${subject.id}, which is ${subject.clientId}`
    case 'user':
      return subject.id
    case 'unknown':
      return `${unnarrowed} ${subject.id ?? 'nobody'}`
  }
}

export function statusOf(outcome: Outcome): number {
  // @ts-expect-error: there is a token only where the request was granted
  const { token } = outcome
  if (outcome.kind === 'refused') return outcome.status
  if (outcome.kind === 'anonymous') return 200
  // @ts-expect-error: a token is shared, so nobody changes it
  outcome.token.issuer = 'another'
  // @ts-expect-error: nor what is in it
  outcome.token.scopes.push('admin')
  // @ts-expect-error: nor the claims
  outcome.token.claims['sub'] = 'somebody else'
  // @ts-expect-error: nothing is known about the types of claims
  const tenant: string = outcome.token.claims['tenant']
  return outcome.token.hasScope('read') && (token ?? tenant) ? 200 : 403
}

export function tell(event: BearwardEvent): string {
  if (event.type === 'verified') return event.subjectKind
  if (event.type === 'refused') {
    return `${REASONS[event.reason].description} ${event.check}: ${event.expected}, ${event.found}`
  }
  if (event.type === 'keys_refreshed')
    return event.ignored.map(({ index, reason }) => `${index} ${reason}`).join()
  if (event.type === 'keys_failed' || event.type === 'introspection_failed')
    return `${event.failure} ${event.detail}`
  if (event.type === 'subject_unknown') return `${event.reason} ${event.advice}`
  return event.type
}

// @ts-expect-error: the reasons are a closed set
export const reason: Reason = 'bad_mood'

/** The global `fetch` fits, and so does one of one's own. */
export const fetches: readonly Fetch[] = [fetch, (url, init) => fetch(`${url}?proxied`, init)]

export async function judge(headers: Record<string, string>): Promise<Outcome> {
  const answer = server.guard({ scope: ['read'] })({ method: 'GET', url: '/', headers })
  // @ts-expect-error: the answer may be a promise
  const hasty: Outcome = answer
  return (await answer) ?? hasty
}
