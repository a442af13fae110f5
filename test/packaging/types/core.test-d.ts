/**
 * Types of the core. This file is compiled, but never executed. It does not need the types of Node or of a framework. A
 * statement after `@ts-expect-error` must not compile.
 */
import {
  type BearwardEvent,
  type ClientAuthentication,
  type CorsOptions,
  type CorsResult,
  createCors,
  createResourceServer,
  type Fetch,
  type HttpResponse,
  type MetadataHandler,
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

export const validOptions: readonly ResourceServerOptions[] = [
  { issuer, audience },
  { issuer, audience: [audience, 'reports'], algorithms: ['ES256'], realm: 'reports' },
  { issuer, audience: null, allowedClients: ['cron'], jwtProfile: 'rfc9068' },
  { issuers: [{ issuer, audience }], onEvent: () => {} },
  { issuer, audience, secret: new Uint8Array(32), algorithms: ['HS256'] },
  { issuer, audience, fetch },
  { issuer, resource: audience },
  { issuer, resource: audience, audience: 'urn:reports', onlyAudience: true },
  { issuer, resource: audience, audience: null, allowedClients: ['cron'], jwtProfile: 'rfc9068' },
  { issuer, audience, audienceRequiredFrom: '2027-02-01' },
  { issuers: [{ issuer }], resource: audience, metadata: { name: 'Reports', atRoot: true } },
  { issuers: [{ issuer }, { issuer, audience: 'urn:reports' }], resource: audience },
  {
    issuer,
    audience,
    scopes: { supported: ['notes', 'notes:read'], implies: { notes: ['notes:read'] } },
  },
  {
    issuer,
    resource: audience,
    metadata: { signed: { issuer: audience, key: { kty: 'EC', d: 'a' }, algorithm: 'ES256' } },
  },
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
  // @ts-expect-error: `undefined` is not an audience
  createResourceServer({ issuer, audience: undefined })
  // @ts-expect-error: an issuer in `issuers` without an audience
  createResourceServer({ issuers: [{ issuer }] })
  // @ts-expect-error: `undefined` is not a resource
  createResourceServer({ issuer, resource: undefined })
  // @ts-expect-error: metadata without an audience or a resource
  createResourceServer({ issuer, metadata: {} })
  // @ts-expect-error: a member of `metadata` that does not exist
  createResourceServer({ issuer, resource: audience, metadata: { title: 'Reports' } })
  // @ts-expect-error: a date as an object
  createResourceServer({ issuer, audience, audienceRequiredFrom: new Date(0) })
  // @ts-expect-error: scopes as a list
  createResourceServer({ issuer, audience, scopes: ['read'] })
  // @ts-expect-error: both `issuer` and `issuers`
  createResourceServer({ issuer, audience, issuers: [{ issuer, audience }] })
  // @ts-expect-error: an option of a single issuer together with `issuers`
  createResourceServer({ issuers: [{ issuer, audience }], algorithms: ['ES256'] })
  // @ts-expect-error: a name that does not exist
  createResourceServer({ issuer, audience, clockSkew: 5 })
  // @ts-expect-error: an algorithm that is not supported
  createResourceServer({ issuer, audience, algorithms: ['none'] })
  // @ts-expect-error: a secret as a string
  createResourceServer({ issuer, audience, secret: 'correct horse battery staple' })
  // @ts-expect-error: introspection without credentials
  createResourceServer({ issuer, audience, introspection: { clientId: 'a' } })
  const method = 'private_key_jwt'
  // @ts-expect-error: a key as a string
  const byKey: ClientAuthentication = { method, key: '-----BEGIN PRIVATE KEY-----' }
  // @ts-expect-error: a secret for a method without a secret
  const byCertificate: ClientAuthentication = { method: 'tls_client_auth', secret: byKey.method }
  createResourceServer({
    issuer,
    audience,
    introspection: { clientId: 'a', clientAuthentication: byCertificate },
  })
  // @ts-expect-error: an audience as a regular expression
  createResourceServer({ issuer, audience: /.*/ })
}

const server = createResourceServer({ issuer, audience })

export function requirementsThatMustNotCompile(): void {
  server.guard({ introspect: { maxAge: 30 } })
  server.guard({ acr: 'urn:mfa', maxAuthAge: 300 })
  server.guard({ acr: ['urn:hardware', 'urn:mfa'] })
  // @ts-expect-error: an `acr` as a number
  server.guard({ acr: 2 })
  // @ts-expect-error: seconds as a string
  server.guard({ maxAuthAge: '300' })
  // @ts-expect-error: a parameter of a challenge
  server.guard({ acr_values: 'urn:mfa' })
  // @ts-expect-error: `introspect` is `true` or `{ maxAge }`
  server.guard({ introspect: 'daily' })
  // @ts-expect-error: a name that does not exist
  server.guard({ scopes: 'read' })
  // @ts-expect-error: a subject kind that does not exist
  server.guard({ subject: 'robot' })
  // @ts-expect-error: a guard cannot require an unknown subject
  server.guard({ subject: 'unknown' })
  // @ts-expect-error: a check that does not return a boolean
  server.guard({ check: () => 'yes' })
  // @ts-expect-error: a scope that is undefined is a mistake
  server.guard({ scope: undefined })
}

export function getIdentifier(subject: Subject): string {
  // @ts-expect-error: an unknown subject may have no identifier
  const unnarrowed: string = subject.id
  switch (subject.kind) {
    case 'machine':
      return `${subject.id} with client ${subject.clientId}`
    case 'user':
      return subject.id
    case 'unknown':
      return `${unnarrowed} ${subject.id ?? 'no id'}`
  }
}

export function getStatus(outcome: Outcome): number {
  // @ts-expect-error: only a granted outcome has a token
  const { token } = outcome
  if (outcome.kind === 'refused') return outcome.status
  if (outcome.kind === 'anonymous') return 200
  // @ts-expect-error: a token is shared and therefore read-only
  outcome.token.issuer = 'another'
  // @ts-expect-error: its members are read-only too
  outcome.token.scopes.push('admin')
  // @ts-expect-error: its claims are read-only too
  outcome.token.claims['sub'] = 'another subject'
  // @ts-expect-error: the types of claims are unknown
  const tenant: string = outcome.token.claims['tenant']
  return outcome.token.hasScope('read') && (token ?? tenant) ? 200 : 403
}

export function describeEvent(event: BearwardEvent): string {
  if (event.type === 'verified') return event.subjectKind
  if (event.type === 'refused') {
    return `${REASONS[event.reason].description} ${event.check}: ${event.expected}, ${event.found}`
  }
  if (event.type === 'keys_refreshed')
    return event.ignored.map(({ index, reason }) => `${index} ${reason}`).join()
  if (event.type === 'keys_failed' || event.type === 'introspection_failed')
    return `${event.failure} ${event.detail}`
  if (event.type === 'audience_missing') return `${event.clientId ?? ''} ${event.requiredFrom}`
  if (event.type === 'subject_unknown') return `${event.reason} ${event.advice}`
  return event.type
}

export const respond: MetadataHandler = server.metadata()

export async function sendDocument(url: string): Promise<HttpResponse | undefined> {
  const response = respond({ method: 'GET', url })
  // @ts-expect-error: the response may be a promise
  const status: number | undefined = response?.status
  return status === 0 ? undefined : response
}

export const origins: readonly CorsOptions[] = [
  { origins: '*' },
  { origins: ['https://app.example.com'], headers: ['X-Request-Id'], maxAge: 60 },
  { origins: (origin) => origin.endsWith('.example.com') },
]

export function corsThatMustNotCompile(): CorsResult {
  // @ts-expect-error: no origins
  createCors({})
  // @ts-expect-error: one origin as a string
  createCors({ origins: 'https://app.example.com' })
  // @ts-expect-error: cookies are never allowed
  createCors({ origins: '*', credentials: true })
  // @ts-expect-error: a function that returns a promise
  createCors({ origins: async () => true })
  const result = createCors(origins[0]!)({ method: 'GET', url: '/', headers: {} })
  // @ts-expect-error: only a complete response has a status
  if (result.kind === 'continue') return result.status
  return result
}

// @ts-expect-error: the reasons are a closed set
export const reason: Reason = 'unknown_reason'

/** The global `fetch` and custom functions match the type. */
export const fetches: readonly Fetch[] = [fetch, (url, init) => fetch(`${url}?proxied`, init)]

export async function authorize(headers: Record<string, string>): Promise<Outcome> {
  const outcome = server.guard({ scope: ['read'] })({ method: 'GET', url: '/', headers })
  // @ts-expect-error: the outcome may be a promise
  const notAwaited: Outcome = outcome
  return (await outcome) ?? notAwaited
}
