import { deviation, excluded, type Line, tested } from './line.ts'

/** RFC 9068. What it asks throughout is `jwtProfile: 'rfc9068'` here; the default is milder where said. */
export const accessTokens: readonly Line[] = [
  tested('9068-01', 'RFC 9068, 4', 'at+jwt is accepted with and without application/.'),
  tested('9068-02', 'RFC 9068, 4', 'Every other type is refused; by default JWT passes too.'),
  tested('9068-03', 'RFC 9068, 4', 'A missing type is refused; by default it passes.'),
  // RFC 7515 section 4.1.9 calls typ a media type; RFC 2045 section 5.1 compares those without case.
  tested('9068-04', 'RFC 7515, 4.1.9', 'The type is compared without regard to case.'),
  tested('9068-05', 'RFC 9068, 4', 'The issuer is compared byte for byte.'),
  tested(
    '9068-06',
    'RFC 9068, 4',
    'One of the audiences is ours, byte for byte, in a text or an array.',
  ),
  tested('9068-07', 'RFC 9068, 4', 'The algorithm none is refused in any case.'),
  tested('9068-08', 'RFC 9068, 4', 'Only the keys of the issuer that is named verify.'),
  tested('9068-09', 'RFC 9068, 4', 'The current time is before the expiry, within the tolerance.'),
  tested('9068-10', 'RFC 9068, 4', 'The tolerance can be set, to a few minutes at most.'),
  tested('9068-11', 'RFC 9068, 4', 'Every check that fails is answered with invalid_token.'),
  tested(
    '9068-12',
    'RFC 9068, 2.2',
    'The required claims are there; by default some may be missing.',
  ),
  tested('9068-13', 'RFC 9068, 2.2', 'A claim of the wrong type is refused.'),
  tested('9068-14', 'RFC 9068, 2.1', 'RS256 is supported out of the box.'),
  excluded(
    '9068-15',
    'RFC 9068, 4',
    'Where encryption is agreed upon, a token that is only signed is refused.',
    'Encrypted tokens are refused, so that none can be agreed upon.',
  ),
  tested('9068-16', 'RFC 9068, 4', 'An encrypted token is refused unopened.'),
  tested('9068-17', 'RFC 9068, 2.2.3', 'Scopes are one text, split at single spaces.'),
  tested(
    '9068-18',
    'RFC 9068, 2.2',
    'A client that acts for itself is a machine, and both its ids are shown.',
  ),
  tested('9068-19', 'RFC 9068, 5', 'An ID token is no access token, whoever its audience is.'),
  tested(
    '9068-20',
    'RFC 9068, 5',
    'Nothing else that an issuer or a client signs is an access token.',
  ),
  deviation(
    '9068-21',
    'RFC 9068, 2.2.3.1',
    'Groups, roles and entitlements are shown with types, and are no scopes.',
    'They are shown as they stand in the claims: the RFC leaves their form to SCIM (RFC 7643), and servers do not agree on one.',
  ),
  deviation(
    '9068-22',
    'RFC 9068, 5',
    'A token for several APIs passes, and is marked.',
    'There is no mark of its own: every audience is shown, and a check can refuse a token with more than one.',
  ),
  excluded(
    '9068-23',
    'RFC 9068, 2.2.1',
    'auth_time, acr and amr count for step-up only where they have their types.',
    'There is no step-up yet, and nothing else reads these claims.',
  ),
]
