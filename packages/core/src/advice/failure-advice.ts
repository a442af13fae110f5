import type { DiscoveryFailure } from '../authorization-server/describe-failure.ts'
import type { KeysFailedEvent } from '../keys/key-events.ts'
import type { IntrospectionFailure } from '../token/introspection/introspection-failure.ts'

/** The codes of all failed calls. */
export type Failure =
  | DiscoveryFailure<'jwks_uri' | 'introspection_endpoint'>
  | KeysFailedEvent['failure']
  | IntrospectionFailure

/** The change to make after a failed call to an authorization server, by its code. Fixed texts. */
export const FAILURE_ADVICE: Readonly<Record<Failure, string>> = {
  unreachable:
    'See whether this machine reaches the address: name, port, firewall, proxy, certificate. For a private CA or a proxy, set the option fetch.',
  timeout:
    'See why the server is slow. The option fetchTimeout has the seconds that a call may take.',
  closed: 'Nothing: close() was called.',
  redirect: 'Write the address to which the server redirects: redirects are not followed.',
  status: 'See the log of the authorization server, or of the proxy in front of it.',
  content_type:
    'See what answers at this address: a login page or an error page of a proxy is not JSON.',
  too_large: 'See what answers at this address: it is not the document that was asked for.',
  malformed: 'See what answers at this address: it is not the document that was asked for.',
  issuer_mismatch:
    'Set the option issuer to the issuer of the metadata, byte for byte, or fix the public address of the server.',
  jwks_uri: 'Set the option jwksUri: the metadata has no usable jwks_uri.',
  introspection_endpoint:
    'Set introspection.endpoint: the metadata has no usable introspection_endpoint.',
  unusable_key_set:
    'See the keys that the server publishes: none of them can be used with the algorithms of the option algorithms.',
  unexpected:
    'See the functions that you have set, such as fetch or probe: one of them has failed.',
  credentials_unavailable:
    'See the secret or key in introspection.clientAuthentication: it could not be read.',
  credentials_refused:
    'Check clientId and clientAuthentication of introspection, and whether this client may introspect.',
  throttled: 'Ask for fewer calls: raise introspection.maxAge, or the limit at the server.',
  token_refused:
    'See whether the server introspects such tokens. Some do not introspect JWTs: then remove introspect from the guard.',
  token_unsupported:
    'See whether the server introspects such tokens. Some do not introspect JWTs: then remove introspect from the guard.',
  another_token:
    'See the cache or proxy in front of the server: its answer is about another token.',
  untrusted_answer:
    "See introspection.response: 'jwt' requires signed answers of this issuer, for this client.",
  keys_unavailable: 'See the event keys_failed: the keys of signed answers could not be fetched.',
}
