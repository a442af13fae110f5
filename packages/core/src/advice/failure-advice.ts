import type { DiscoveryFailure } from '../authorization-server/describe-failure.ts'
import type { KeysFailedEvent } from '../keys/key-events.ts'
import type { ResolutionFailure } from '../model/resolution-failure.ts'
import type { IntrospectionFailure } from '../token/introspection/introspection-failure.ts'

/** Codes of all failed calls to an authorization server, or to the functions `match` and `resolve` of the application. */
export type Failure =
  | DiscoveryFailure<'jwks_uri' | 'introspection_endpoint'>
  | KeysFailedEvent['failure']
  | IntrospectionFailure
  | ResolutionFailure

const NOT_INTROSPECTED =
  'At the authorization server: check whether the server introspects JWTs, or only opaque tokens. If it does not introspect JWTs, remove introspect from the guard.'
const NOT_THE_DOCUMENT =
  'In the options of this API: check the address, because its response is not the requested document.'

/** Advice for each code of a failed call: the place of the change, a colon, and the change to make. The texts are fixed. */
export const FAILURE_ADVICE: Readonly<Record<Failure, string>> = {
  unreachable:
    'On this computer: check that the address is reachable (DNS name, port, firewall, proxy, certificate). For a private CA or a proxy, set the option fetch.',
  timeout:
    'At the authorization server: check why it responds slowly. If it needs more time, raise fetchTimeout (at most 30).',
  closed: 'In your code: no change is needed, because close() was called.',
  redirect:
    'In the options of this API: set issuer, jwksUri or introspection.endpoint to the address to which the server redirects.',
  status:
    'In the options of this API, or at the authorization server: for 404, check the realm, the tenant and the path in issuer and jwksUri. For any other status, check the log of the authorization server or of the proxy in front of it.',
  content_type:
    'In the options of this API: check the address, because its response does not have the expected content type. The response is often a login page, or the error page of a proxy.',
  too_large: NOT_THE_DOCUMENT,
  malformed: NOT_THE_DOCUMENT,
  issuer_mismatch:
    'In the options of this API: set issuer to the exact issuer in the metadata. Or change the public address in the configuration of the authorization server.',
  jwks_uri: 'In the options of this API: set jwksUri: the metadata has no usable jwks_uri.',
  introspection_endpoint:
    'In the options of this API: set introspection.endpoint: the metadata has no usable introspection_endpoint.',
  unusable_key_set:
    'At the authorization server: check the published keys. If the option algorithms of this API does not contain their algorithm, add the algorithm.',
  unexpected:
    'In your code: check the functions in the options, such as fetch or probe: one of them has probably failed.',
  credentials_unavailable:
    'In the options of this API: check the secret or key in introspection.clientAuthentication: it could not be read.',
  credentials_refused:
    'In the options of this API: check clientId and clientAuthentication of introspection. Also check at the server whether this client may introspect tokens.',
  throttled:
    'In the options of this API: raise introspection.maxAge, so that there are fewer calls. Or raise the rate limit of the authorization server.',
  token_refused: NOT_INTROSPECTED,
  token_unsupported: NOT_INTROSPECTED,
  another_token:
    'At the authorization server: check the cache or proxy in front of the server, because the response is about another token.',
  untrusted_answer:
    "In the options of this API: check introspection.response and introspection.clientId. With response: 'jwt', the issuer must sign the responses for this client.",
  match_failed:
    'In your code: check the function match in issuers: it must return true or false, and must not throw.',
  resolve_failed:
    'In your code: check the function resolve in issuers, and the database that it reads.',
  resolve_timeout:
    'In your code: check why the function resolve in issuers is slow. If it needs more time, raise fetchTimeout (at most 30).',
  resolve_busy:
    'In the options of this API: raise issuers.concurrency, or make the function resolve faster. If tokens with invented issuers arrive, restrict match.',
  too_many_new:
    'In the options of this API: raise issuers.maxEntries if so many new tenants are expected. If they are not expected, someone sends forged tokens with the issuers of many tenants.',
  invalid_options:
    'In your code: correct the options that the function resolve in issuers returns.',
  keys_unavailable:
    'At the authorization server: the keys for signed introspection responses could not be fetched. The event keys_failed has the cause.',
}

export function isFailure(code: string): code is Failure {
  return Object.hasOwn(FAILURE_ADVICE, code)
}
