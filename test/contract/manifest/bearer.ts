import { deviation, excluded, type Line, tested } from './line.ts'

const NO_FORMS = 'Forms are never read. No option changes this.'
const NO_QUERIES = 'Query parameters are never read. No option changes this.'

/** Lines of RFC 6750: how a token is sent, and how a request is refused. */
export const bearer: readonly Line[] = [
  tested('6750-01', 'RFC 6750, 2.1', 'The token of the Authorization header is read.'),
  tested('6750-02', 'RFC 9110, 11.1', 'The scheme is compared without regard to case.'),
  tested('6750-03', 'RFC 6750, 2.1', 'Only spaces are allowed between scheme and token.'),
  tested(
    '6750-04',
    'RFC 6750, 2.1',
    'A token that is not a b64token is refused without an outgoing request.',
  ),
  tested('6750-05', 'RFC 6750, 3.1', 'A scheme without credentials is a malformed request.'),
  tested('6750-06', 'RFC 6750, 3.1', 'A b64token that is not a JWT is an invalid token.'),
  tested(
    '6750-07',
    'RFC 6750, 3',
    'The response to a request without credentials has a challenge.',
  ),
  tested(
    '6750-08',
    'RFC 6750, 3.1',
    'The challenge to a request without credentials has no error code.',
  ),
  tested(
    '6750-09',
    'RFC 6750, 3.1',
    'The response to an unsupported scheme has a challenge without an error code.',
  ),
  tested('6750-10', 'RFC 6750, 3', 'A challenge has the scheme Bearer and at least one parameter.'),
  tested('6750-11', 'RFC 6750, 3', 'A challenge has at most one realm.'),
  tested('6750-12', 'RFC 6750, 3', 'A challenge has at most one scope, as a valid quoted string.'),
  tested('6750-13', 'RFC 6750, 3', 'A challenge has each error parameter at most once.'),
  tested(
    '6750-14',
    'RFC 6750, 3',
    'Error texts contain only allowed characters, for every request.',
  ),
  tested('6750-15', 'RFC 6750, 3', 'An error_uri is a URI reference. Bearward never writes one.'),
  deviation(
    '6750-16',
    'RFC 6750, 3.1',
    'Expired, revoked, forged and malformed tokens are invalid tokens.',
    'A JWT is introspected only if a guard or `tokenFormat` requires it. Without introspection, a revoked JWT is accepted until it expires.',
  ),
  tested(
    '6750-17',
    'RFC 6750, 3.1',
    'The response to a missing scope is 403, and names the scope.',
  ),
  tested('6750-18', 'RFC 6750, 3.1', 'A bad token is rejected before its scope is checked.'),
  excluded(
    '6750-19',
    'RFC 6750, 3.1',
    'A token in the header and another one in the form are refused.',
    NO_FORMS,
  ),
  excluded('6750-20', 'RFC 6750, 3.1', 'A form with two tokens is refused.', NO_FORMS),
  tested('6750-21', 'RFC 6750, 2.2', 'The form of a GET is not read.'),
  tested('6750-22', 'RFC 6750, 2.2', 'A multipart form is not read.'),
  excluded('6750-23', 'RFC 6750, 2.2', 'A form of the right type is read.', NO_FORMS),
  tested('6750-24', 'RFC 6750, 2.2', 'A token in a form that is not ASCII is not accepted.'),
  tested('6750-25', 'RFC 6750, 2.2', 'No form is read. The body is left to the application.'),
  excluded(
    '6750-26',
    'RFC 6750, 2.3',
    'Successful responses to a token in the query have Cache-Control: private.',
    NO_QUERIES,
  ),
  tested(
    '6750-27',
    'RFC 9110, 9.3.2',
    'The response to HEAD is the response to GET without its body.',
  ),
  tested('6750-28', 'RFC 9111, 5.2.2.5', 'Caches must not store a refusal.'),
  excluded(
    '6750-29',
    'Fetch, CORS protocol',
    'CORS preflight requests are granted if that is configured.',
    'Guards do not handle CORS. `cors` runs before the guard, and responds to preflight requests (9449-48, MCP-27).',
  ),
  tested(
    '6750-30',
    'RFC 9110, 5.3',
    'Two Authorization lines are refused, even if they are equal.',
  ),
  tested('6750-31', 'RFC 9110, 5.3', 'Two sets of credentials in one line are refused.'),
  tested(
    '6750-32',
    'RFC 6750, 3.1',
    'Behind an optional guard, bad credentials are still refused.',
  ),
]

/** Lines that OAuth 2.1 (draft-ietf-oauth-v2-1) adds, with the title of the section. */
export const oauth21: readonly Line[] = [
  tested('21-01', 'OAuth 2.1, Bearer Token Requests', 'A token in the query is not read.'),
  tested(
    '21-02',
    'OAuth 2.1, Bearer Token Requests',
    'A token in the query is not read if the header has a token.',
  ),
  tested(
    '21-03',
    'OAuth 2.1, Access Token Validation',
    'Expiry, audience and scope are all checked.',
  ),
  tested(
    '21-04',
    'OAuth 2.1, Access Token Privilege Restriction',
    'The audience is checked at every request.',
  ),
  tested(
    '21-05',
    'OAuth 2.1, Client Impersonating Resource Owner',
    'A client is never treated as a user with the same id.',
  ),
]
