import { deviation, excluded, type Line, tested } from './line.ts'

const NO_FORMS = 'Forms are never read, by any option, so there is nothing to combine or to decode.'
const NO_QUERIES = 'Query parameters are never read, by any option.'

/** RFC 6750: how a token travels, and how a request is refused. */
export const bearer: readonly Line[] = [
  tested('6750-01', 'RFC 6750, 2.1', 'The token of the Authorization header is read.'),
  tested('6750-02', 'RFC 9110, 11.1', 'The scheme is compared without regard to case.'),
  tested('6750-03', 'RFC 6750, 2.1', 'Spaces stand before the token, and nothing else.'),
  tested(
    '6750-04',
    'RFC 6750, 2.1',
    'What is no b64token is refused, and nobody is asked about it.',
  ),
  tested('6750-05', 'RFC 6750, 3.1', 'A scheme without credentials is a malformed request.'),
  tested('6750-06', 'RFC 6750, 3.1', 'A b64token that is no JWT is an invalid token.'),
  tested('6750-07', 'RFC 6750, 3', 'A request without credentials is answered with a challenge.'),
  tested('6750-08', 'RFC 6750, 3.1', 'That challenge holds no error.'),
  tested(
    '6750-09',
    'RFC 6750, 3.1',
    'Another scheme is answered with a challenge without an error.',
  ),
  tested('6750-10', 'RFC 6750, 3', 'A challenge is Bearer with at least one parameter.'),
  tested('6750-11', 'RFC 6750, 3', 'A challenge has one realm at most.'),
  tested('6750-12', 'RFC 6750, 3', 'A challenge has one scope at most, and it can be quoted.'),
  tested('6750-13', 'RFC 6750, 3', 'A challenge has each of the error parameters once at most.'),
  tested('6750-14', 'RFC 6750, 3', 'Error texts stay within their characters, whatever was sent.'),
  tested('6750-15', 'RFC 6750, 3', 'An error_uri is a URI reference: none is ever written.'),
  deviation(
    '6750-16',
    'RFC 6750, 3.1',
    'Expired, revoked, forged and malformed tokens are invalid tokens.',
    'A JWT is judged without asking its issuer, unless a guard asks for freshness: else a revocation is not seen before the expiry.',
  ),
  tested('6750-17', 'RFC 6750, 3.1', 'A missing scope is answered with 403, and named.'),
  tested('6750-18', 'RFC 6750, 3.1', 'A bad token is bad before its scope is looked at.'),
  excluded('6750-19', 'RFC 6750, 3.1', 'A token in the header and one in the form.', NO_FORMS),
  excluded('6750-20', 'RFC 6750, 3.1', 'A form with two tokens.', NO_FORMS),
  tested('6750-21', 'RFC 6750, 2.2', 'The form of a GET is not read.'),
  tested('6750-22', 'RFC 6750, 2.2', 'A multipart form is not read.'),
  excluded('6750-23', 'RFC 6750, 2.2', 'A form of the right type is read.', NO_FORMS),
  tested('6750-24', 'RFC 6750, 2.2', 'A form that is not ASCII is not accepted.'),
  tested('6750-25', 'RFC 6750, 2.2', 'No form is read, and the body is left to the application.'),
  excluded('6750-26', 'RFC 6750, 2.3', 'Answers to a token in the query are private.', NO_QUERIES),
  tested('6750-27', 'RFC 9110, 9.3.2', 'HEAD is answered as GET, without the body.'),
  tested('6750-28', 'RFC 9111, 5.2.2.5', 'No refusal is stored by a cache.'),
  excluded(
    '6750-29',
    'Fetch, CORS protocol',
    'Preflight requests pass where that is asked for.',
    'Adapters do not handle CORS: its middleware stands before the guard and answers preflights itself.',
  ),
  tested(
    '6750-30',
    'RFC 9110, 5.3',
    'Two Authorization lines are refused, even if they are equal.',
  ),
  tested('6750-31', 'RFC 9110, 5.3', 'Two sets of credentials in one line are refused.'),
  tested('6750-32', 'RFC 6750, 3.1', 'Where credentials are optional, bad ones are still refused.'),
]

/** What OAuth 2.1 (draft-ietf-oauth-v2-1) adds to that, by the title of the section. */
export const oauth21: readonly Line[] = [
  tested('21-01', 'OAuth 2.1, Bearer Token Requests', 'A token in the query is not read.'),
  tested(
    '21-02',
    'OAuth 2.1, Bearer Token Requests',
    'It is not read beside one in the header either.',
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
    'A client is never taken for a user of its name.',
  ),
]
