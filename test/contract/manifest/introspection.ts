import { deviation, type Line, tested } from './line.ts'

/** Lines of RFC 7662: introspection requests, and the use of their responses. */
export const introspection: readonly Line[] = [
  tested('7662-01', 'RFC 7662, 2.1', 'The request is a form that contains the token unchanged.'),
  tested('7662-02', 'RFC 7662, 4', 'The token is not part of a URL or of a log.'),
  tested('7662-03', 'RFC 7662, 2.1', 'The request contains token_type_hint if it is configured.'),
  tested(
    '7662-04',
    'RFC 6749, 2.3.1',
    'The API authenticates. Special characters in its client id and its secret are encoded.',
  ),
  tested('7662-05', 'RFC 7662, 4', 'An endpoint with plain http is not accepted.'),
  tested(
    '7662-06',
    'RFC 7662, 4',
    'A response from a server without a valid certificate is not used.',
  ),
  tested('7662-07', 'RFC 7662, 2.2', 'A token that is not active is rejected.'),
  tested('7662-08', 'RFC 7662, 2.2', 'A response without active is not used.'),
  tested('7662-09', 'RFC 7662, 2.2', 'A response whose active is not a boolean is not used.'),
  tested('7662-10', 'RFC 7662, 2.2', 'An expired token is rejected, even if it is active.'),
  tested(
    '7662-11',
    'RFC 7662, 2.2',
    'A token that is not valid yet is rejected, even if it is active.',
  ),
  tested(
    '7662-12',
    'RFC 7662, 4',
    'A token for another audience, or without one, is rejected, even if it is active.',
  ),
  tested(
    '7662-13',
    'RFC 7662, 2.2',
    'A token of another issuer is rejected, even if it is active.',
  ),
  deviation(
    '7662-14',
    'RFC 7662, 2.2',
    'Scopes as an array are ignored, unless that is configured.',
    'Unless an array is configured, the whole response is invalid, and the request gets 503.',
  ),
  tested('7662-15', 'RFC 9449, 7.2', 'A DPoP token is not accepted as a bearer token.'),
  tested('7662-16', 'RFC 9449, 6.2', 'A token that is bound to a key requires the proof.'),
  tested(
    '7662-17',
    'RFC 8705, 3.2',
    'A token that is bound to a certificate requires the certificate.',
  ),
  tested('7662-18', 'RFC 7662, 4', 'A cached response is not used after the token has expired.'),
  tested('7662-19', 'RFC 7662, 4', 'A cached response is not used for longer than configured.'),
  tested('7662-20', 'RFC 7662, 4', 'If there is no cache, every request is introspected.'),
  tested('7662-21', 'RFC 7662, 2.2', 'If active is false, no other member is read.'),
  tested(
    '7662-22',
    'RFC 7662, 2.3',
    "If the endpoint rejects the API's own credentials, the caller gets 503, not 401.",
  ),
  tested('7662-23', 'RFC 7662, 2.3', 'A missing response does not make a token inactive.'),
  tested('7662-24', 'RFC 7662, 2.2', 'A response that is not a JSON object is not used.'),
  tested('7662-25', 'RFC 9110, 15.4', 'Redirects are not followed.'),
  tested('7662-26', 'RFC 7662, 4', 'The size of a response is limited.'),
  tested('7662-27', 'RFC 7662, 2.2', 'Unknown members are ignored.'),
  tested('7662-28', 'RFC 7662, 4', 'Only callers with the same token share a call.'),
  tested(
    '7662-29',
    'RFC 7662, 4',
    'A caller who disconnects does not cancel the call of the others.',
  ),
  tested('7662-30', 'RFC 7662, 4', 'A failed call is not cached as a response.'),
  tested(
    '7662-31',
    'RFC 7662, 4',
    'Inactive tokens are cached for a short time, without evicting active ones.',
  ),
  tested(
    '7662-32',
    'RFC 9700, 4.9.3',
    'The cache contains no tokens, neither as keys nor as values.',
  ),
  tested('7662-33', 'RFC 7662, 4', 'A string that cannot be a token is not introspected.'),
  tested('7662-34', 'RFC 7662, 1', 'A JWT of an issuer of opaque tokens is introspected.'),
  tested('7662-35', 'RFC 7662, 2.2', 'A username is not used as an identifier.'),
]

/** Lines of RFC 9701: signed introspection responses. */
export const signedIntrospection: readonly Line[] = [
  tested('9701-01', 'RFC 9701, 4', 'The request asks for a signed response.'),
  tested('9701-02', 'RFC 9701, 5', 'The response has the right typ.'),
  tested('9701-03', 'RFC 9701, 5', 'The response has the right issuer.'),
  tested('9701-04', 'RFC 9701, 5', 'The response has the right audience: this client.'),
  tested('9701-05', 'RFC 9701, 5', 'The response has the time at which it was issued.'),
  tested('9701-06', 'RFC 9701, 5', 'Only the claim token_introspection is read.'),
  tested('9701-07', 'RFC 9701, 4', 'An unsigned response is not accepted instead of a signed one.'),
  tested('9701-08', 'RFC 9701, 5', 'The response is signed with a configured algorithm.'),
  tested('9701-09', 'RFC 9701, 8', 'A signed response is not accepted as an access token.'),
  tested('9701-10', 'RFC 9701, 8', 'An access token is not accepted as a signed response.'),
  deviation(
    '9701-11',
    'RFC 9701, 5',
    'An encrypted response contains a signed one.',
    'Bearward never decrypts: every encrypted response is rejected, even with an unsigned response inside.',
  ),
  tested('9701-12', 'RFC 9701, 5', 'An old response is not accepted.'),
  tested('9701-13', 'RFC 9701, 5', 'sub and exp at the top level are ignored.'),
]
