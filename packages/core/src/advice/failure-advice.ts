import type { DiscoveryFailure } from '../authorization-server/describe-failure.ts'
import type { KeysFailedEvent } from '../keys/key-events.ts'
import type { ResolutionFailure } from '../model/resolution-failure.ts'
import type { IntrospectionFailure } from '../token/introspection/introspection-failure.ts'

/** Codes of all failed calls to an authorization server. */
export type Failure =
  | DiscoveryFailure<'jwks_uri' | 'introspection_endpoint'>
  | KeysFailedEvent['failure']
  | IntrospectionFailure
  | ResolutionFailure

const IN_THE_OPTIONS = 'In the options of this API'
const ON_THIS_MACHINE = 'On this machine'
const AT_THE_SERVER = 'At the authorization server'

const NOT_INTROSPECTED =
  'check whether the server introspects JWTs, or only opaque tokens. If it does not introspect JWTs, remove introspect from the guard.'
const NOT_THE_DOCUMENT = 'check the address: the response is not the requested document.'

/** Advice for each code of a failed call: the change to make, and the place of the change. Fixed texts. */
export const FAILURE_ADVICE: Readonly<
  Record<Failure, { readonly where: string; readonly change: string }>
> = {
  unreachable: {
    where: ON_THIS_MACHINE,
    change:
      'check that the address is reachable: DNS name, port, firewall, proxy, certificate. For a private CA or a proxy, set the option fetch.',
  },
  timeout: {
    where: AT_THE_SERVER,
    change: 'check why it responds slowly. If it needs more time, raise fetchTimeout (at most 30).',
  },
  closed: { where: 'In your code', change: 'no change is needed: close() was called.' },
  redirect: {
    where: IN_THE_OPTIONS,
    change:
      'set issuer, jwksUri or introspection.endpoint to the address to which the server redirects.',
  },
  status: {
    where: 'In the options of this API, or at the authorization server',
    change:
      'for 404, check the realm, the tenant and the path in issuer and jwksUri. For any other status, check the log of the authorization server or of the proxy in front of it.',
  },
  content_type: {
    where: IN_THE_OPTIONS,
    change:
      'check the address: its response has another content type. It is often a login page, or the error page of a proxy.',
  },
  too_large: { where: IN_THE_OPTIONS, change: NOT_THE_DOCUMENT },
  malformed: { where: IN_THE_OPTIONS, change: NOT_THE_DOCUMENT },
  issuer_mismatch: {
    where: IN_THE_OPTIONS,
    change:
      'set issuer to the exact issuer in the metadata. Or change the public address in the configuration of the authorization server.',
  },
  jwks_uri: { where: IN_THE_OPTIONS, change: 'set jwksUri: the metadata has no usable jwks_uri.' },
  introspection_endpoint: {
    where: IN_THE_OPTIONS,
    change: 'set introspection.endpoint: the metadata has no usable introspection_endpoint.',
  },
  unusable_key_set: {
    where: AT_THE_SERVER,
    change:
      'check the published keys. If their algorithm is not allowed, add it to the option algorithms.',
  },
  unexpected: {
    where: 'In your code',
    change:
      'check the functions in the options, such as fetch or probe: one of them has probably failed.',
  },
  credentials_unavailable: {
    where: IN_THE_OPTIONS,
    change: 'check the secret or key in introspection.clientAuthentication: it could not be read.',
  },
  credentials_refused: {
    where: IN_THE_OPTIONS,
    change:
      'check clientId and clientAuthentication of introspection, and whether this client may introspect.',
  },
  throttled: {
    where: IN_THE_OPTIONS,
    change:
      'raise introspection.maxAge, so that there are fewer calls. Or raise the rate limit of the authorization server.',
  },
  token_refused: { where: AT_THE_SERVER, change: NOT_INTROSPECTED },
  token_unsupported: { where: AT_THE_SERVER, change: NOT_INTROSPECTED },
  another_token: {
    where: AT_THE_SERVER,
    change: 'check the cache or proxy in front of it: the response is about another token.',
  },
  untrusted_answer: {
    where: IN_THE_OPTIONS,
    change:
      "check introspection.response and introspection.clientId. With response: 'jwt', the issuer must sign the responses for this client.",
  },
  match_failed: {
    where: 'In your code',
    change:
      'check the function match in issuers: it must return true or false, and must not throw.',
  },
  resolve_failed: {
    where: 'In your code',
    change: 'check the function resolve in issuers, and the database that it reads.',
  },
  resolve_timeout: {
    where: 'In your code',
    change:
      'check why the function resolve in issuers is slow. If it needs more time, raise fetchTimeout (at most 30).',
  },
  resolve_busy: {
    where: IN_THE_OPTIONS,
    change:
      'raise issuers.concurrency, or make the function resolve faster. If tokens with invented issuers arrive, restrict match.',
  },
  too_many_new: {
    where: IN_THE_OPTIONS,
    change:
      'raise issuers.maxEntries if so many new tenants are expected. Otherwise someone sends tokens with the issuers of other tenants.',
  },
  invalid_options: {
    where: 'In your code',
    change: 'correct the options that the function resolve in issuers returns.',
  },
  keys_unavailable: {
    where: AT_THE_SERVER,
    change:
      'see the event keys_failed: the keys for signed introspection responses could not be fetched.',
  },
}

/** Returns the advice for a failure as one text. */
export function adviseOnFailure(failure: Failure): string {
  const { where, change } = FAILURE_ADVICE[failure]
  return `${where}: ${change}`
}

export function isFailure(code: string): code is Failure {
  return Object.hasOwn(FAILURE_ADVICE, code)
}
