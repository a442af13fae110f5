import { deviation, excluded, type Line, tested } from './line.ts'

/** Lines of RFC 9068. `jwtProfile: 'rfc9068'` meets the tested lines. The titles state what the default also accepts. */
export const accessTokens: readonly Line[] = [
  tested('9068-01', 'RFC 9068, 4', 'at+jwt is accepted with and without application/.'),
  tested(
    '9068-02',
    'RFC 9068, 4',
    'Every type except at+jwt is rejected. By default, JWT is also accepted.',
  ),
  tested('9068-03', 'RFC 9068, 4', 'A missing type is rejected. By default, it is accepted.'),
  // RFC 7515 section 4.1.9 defines typ as a media type. RFC 2045 section 5.1 compares media types case-insensitively.
  tested('9068-04', 'RFC 7515, 4.1.9', 'The type is compared without regard to case.'),
  tested('9068-05', 'RFC 9068, 4', 'The issuer is compared byte for byte.'),
  tested(
    '9068-06',
    'RFC 9068, 4',
    'An audience of the token, in a string or an array, equals a value of the option audience byte for byte.',
  ),
  tested('9068-07', 'RFC 9068, 4', 'The algorithm none is always rejected, in any spelling.'),
  tested('9068-08', 'RFC 9068, 4', 'A token is verified only with keys of its issuer.'),
  tested(
    '9068-09',
    'RFC 9068, 4',
    'The current time is before the expiry, within the clock tolerance.',
  ),
  tested('9068-10', 'RFC 9068, 4', 'The clock tolerance can be set, to at most 300 seconds.'),
  tested(
    '9068-11',
    'RFC 9068, 4',
    'The response to every failed check of a token has the code invalid_token.',
  ),
  tested(
    '9068-12',
    'RFC 9068, 2.2',
    'The required claims are present. By default, some may be missing.',
  ),
  tested('9068-13', 'RFC 9068, 2.2', 'A claim of the wrong type is rejected.'),
  tested('9068-14', 'RFC 9068, 2.1', 'RS256 is supported by default.'),
  excluded(
    '9068-15',
    'RFC 9068, 4',
    'If encryption is configured, a token that is only signed is rejected.',
    'Encrypted tokens are rejected, so encryption cannot be configured.',
  ),
  tested('9068-16', 'RFC 9068, 4', 'An encrypted token is rejected without decryption.'),
  tested('9068-17', 'RFC 9068, 2.2.3', 'Scopes are one string, split at spaces.'),
  tested(
    '9068-18',
    'RFC 9068, 2.2',
    'A client that acts for itself is a machine. Its subject id and client id are exposed.',
  ),
  tested('9068-19', 'RFC 9068, 5', 'An ID token is not an access token, even for this audience.'),
  tested('9068-20', 'RFC 9068, 5', 'Other JWTs of an issuer or a client are not access tokens.'),
  deviation(
    '9068-21',
    'RFC 9068, 2.2.3.1',
    'Groups, roles and entitlements are typed, and are not scopes.',
    'They are exposed as claims without a type. The RFC leaves their form to SCIM (RFC 7643), and servers use different forms.',
  ),
  deviation(
    '9068-22',
    'RFC 9068, 5',
    'A token for several APIs is accepted, and marked.',
    'Bearward sets no mark. Every audience is exposed, and a `check` can refuse a token with more than one.',
  ),
  excluded(
    '9068-23',
    'RFC 9068, 2.2.1',
    'auth_time, acr and amr are used for step-up only if they have the right types.',
    'The lines of RFC 9470 cover auth_time and acr. Bearward does not use amr for step-up.',
  ),
]
