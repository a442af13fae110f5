import { type Line, tested } from './line.ts'

/** Lines of RFC 8693 (token exchange) about the access token. */
export const exchange: readonly Line[] = [
  tested('8693-03', 'RFC 8693, 4.1', 'Only the outermost act is used for decisions.'),
  tested('8693-04', 'RFC 8693, 4.1', 'Times and audiences in act have no effect.'),
  tested('8693-05', 'RFC 8693, 4.2 and 4.3', 'scope and client_id are strings.'),
  tested('8693-07', 'RFC 8693, 4.4', 'may_act does not make an actor.'),
  tested('8693-08', 'RFC 8693, 4.1', 'A malformed act makes the subject unknown.'),
  tested('8693-09', 'RFC 8693, 4.1', 'The subject of an exchanged token is the user.'),
]

/** Lines of RFC 9396 (rich authorization requests) about the access token. */
export const authorizationDetails: readonly Line[] = [
  tested(
    '9396-10',
    'RFC 9396, 9.1 and 9.2',
    'Details of JWTs and of responses have the same form.',
  ),
  tested('9396-11', 'RFC 9396, 2', 'Malformed details grant nothing.'),
  tested('9396-12', 'RFC 9396, 12', 'Texts are compared without normalization.'),
  tested('9396-13', 'RFC 9396, 9', 'An unknown type, or other members, grant nothing.'),
]

/** Lines of RFC 9700 (security best current practice) about an API. */
export const securityPractice: readonly Line[] = [
  tested('9700-14', 'RFC 9700, 2.3', 'The audience is verified for every request.'),
  tested('9700-15', 'RFC 9700, 2.2.1', 'Tokens can be bound to their sender.'),
  tested('9700-16', 'RFC 9700, 4.9.3', 'Tokens are in no log, event, response or cache key.'),
  tested('9700-17', 'RFC 9700, 4.13', 'Headers that a caller can set are not trusted.'),
  tested('9700-18', 'RFC 9700, 4.15', 'A client cannot become a user with the same name.'),
  tested('9700-19', 'RFC 9700, 4.3.2', 'Tokens in the query are not read.'),
]
