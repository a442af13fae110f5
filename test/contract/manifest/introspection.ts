import { deviation, type Line, tested } from './line.ts'

const BOUND =
  'Proofs of possession are not understood yet, so a bound token is refused whatever the proof: as a JWT is.'

/** RFC 7662: how a resource server asks about a token, and what it makes of the answer. */
export const introspection: readonly Line[] = [
  tested('7662-01', 'RFC 7662, 2.1', 'The request is a form, and the token arrives as it was.'),
  tested('7662-02', 'RFC 7662, 4', 'The token stands in no address, and in no log.'),
  tested('7662-03', 'RFC 7662, 2.1', 'The kind of the token is named where that is configured.'),
  tested('7662-04', 'RFC 6749, 2.3.1', 'The caller authenticates, with any id and any secret.'),
  tested('7662-05', 'RFC 7662, 4', 'An endpoint over plain http is not accepted.'),
  tested('7662-06', 'RFC 7662, 4', 'A server that cannot show who it is gives no answers.'),
  tested('7662-07', 'RFC 7662, 2.2', 'A token that is not active is refused.'),
  tested('7662-08', 'RFC 7662, 2.2', 'An answer without active is none.'),
  tested('7662-09', 'RFC 7662, 2.2', 'An active that is no boolean is none.'),
  tested('7662-10', 'RFC 7662, 2.2', 'A token that has expired is refused, active or not.'),
  tested('7662-11', 'RFC 7662, 2.2', 'So is one whose time has not come.'),
  tested('7662-12', 'RFC 7662, 4', 'So is one for another audience, or for none.'),
  tested('7662-13', 'RFC 7662, 2.2', 'So is one of another issuer.'),
  deviation(
    '7662-14',
    'RFC 7662, 2.2',
    'Scopes as an array are none, unless that is configured.',
    'The answer is none at all then, and the fault is that of the server.',
  ),
  tested('7662-15', 'RFC 9449, 7.2', 'A DPoP token is not taken as a bearer token.'),
  deviation('7662-16', 'RFC 9449, 6.2', 'A token bound to a key asks for the proof.', BOUND),
  deviation('7662-17', 'RFC 8705, 3.2', 'A token bound to a certificate asks for it.', BOUND),
  tested('7662-18', 'RFC 7662, 4', 'An answer is not used after the token has expired.'),
  tested('7662-19', 'RFC 7662, 4', 'An answer is not used for longer than configured.'),
  tested('7662-20', 'RFC 7662, 4', 'Where nothing is remembered, every request asks.'),
  tested('7662-21', 'RFC 7662, 2.2', 'Of a token that is not active nothing else is read.'),
  tested('7662-22', 'RFC 7662, 2.3', "That we are refused is our fault, and not the caller's."),
  tested('7662-23', 'RFC 7662, 2.3', 'A server that does not answer is no verdict.'),
  tested('7662-24', 'RFC 7662, 2.2', 'An answer that is no JSON object is none.'),
  tested('7662-25', 'RFC 9110, 15.4', 'Redirects are not followed.'),
  tested('7662-26', 'RFC 7662, 4', 'An answer is read up to a limit.'),
  tested('7662-27', 'RFC 7662, 2.2', 'Members that nobody knows change nothing.'),
  tested('7662-28', 'RFC 7662, 4', 'Callers with one token share a question, and no others do.'),
  tested('7662-29', 'RFC 7662, 4', 'A caller who goes away takes no answer from the others.'),
  tested('7662-30', 'RFC 7662, 4', 'A call that has failed is not remembered as an answer.'),
  tested('7662-31', 'RFC 7662, 4', 'What is not active is remembered shortly, and takes no room.'),
  tested('7662-32', 'RFC 9700, 4.9.3', 'No token is kept, neither as a key nor as a value.'),
  tested('7662-33', 'RFC 7662, 4', 'Nobody is asked about what cannot be a token.'),
  tested('7662-34', 'RFC 7662, 1', 'A JWT of an issuer of opaque tokens is introspected.'),
  tested('7662-35', 'RFC 7662, 2.2', 'A username is no identifier.'),
]

/** RFC 9701: answers that are signed. */
export const signedIntrospection: readonly Line[] = [
  tested('9701-01', 'RFC 9701, 4', 'A signed answer is asked for.'),
  tested('9701-02', 'RFC 9701, 5', 'Its typ says what it is.'),
  tested('9701-03', 'RFC 9701, 5', 'It is of the issuer.'),
  tested('9701-04', 'RFC 9701, 5', 'It is for this client.'),
  tested('9701-05', 'RFC 9701, 5', 'It says when it was made.'),
  tested('9701-06', 'RFC 9701, 5', 'What it says stands in token_introspection, and nowhere else.'),
  tested('9701-07', 'RFC 9701, 4', 'An answer that is not signed does not replace it.'),
  tested('9701-08', 'RFC 9701, 5', 'It is signed with an algorithm that was agreed.'),
  tested('9701-09', 'RFC 9701, 8', 'It is no access token.'),
  tested('9701-10', 'RFC 9701, 8', 'An access token is no such answer.'),
  deviation(
    '9701-11',
    'RFC 9701, 5',
    'An encrypted answer holds a signed one.',
    'Nothing is ever decrypted: every encrypted answer is refused, the unsigned inside it included.',
  ),
  tested('9701-12', 'RFC 9701, 5', 'One from a while ago is not taken.'),
  tested('9701-13', 'RFC 9701, 5', 'A sub and an exp at its top change nothing.'),
]
