import { excluded, type Line, tested } from './line.ts'

/** RFC 8725, and the draft that replaces it (8725bis). */
export const bestPractice: readonly Line[] = [
  tested(
    '8725-01',
    'RFC 8725, 3.1',
    'Only named algorithms verify, with public keys by default, never none.',
  ),
  tested('8725-02', 'RFC 8725, 3.1', 'The algorithm agrees with the key that the id names.'),
  tested(
    '8725bis-03',
    '8725bis, 3.1',
    'A key serves one algorithm, unless the configuration names more.',
  ),
  tested('8725-04', 'RFC 8725, 3.1', 'Algorithms are allowed issuer by issuer.'),
  tested('8725bis-05', '8725bis, 3.1', 'Algorithms are compared byte for byte.'),
  tested(
    '8725-06',
    'RFC 8725, 3.3',
    'One bad layer spoils a nested token: every nested token is refused.',
  ),
  tested('8725bis-07', '8725bis, 3.3', 'What is encrypted is never taken for signed.'),
  tested('8725-08', 'RFC 8725, 3.4', 'Points on an elliptic curve are on it.'),
  tested(
    '8725-09',
    'RFC 8725, 3.5',
    'An HMAC secret is as long as its hash, and is no passphrase.',
  ),
  tested('8725-10', 'RFC 8725, 3.6', 'Nothing is decompressed.'),
  tested('8725-11', 'RFC 8725, 3.7', 'Header and claims are UTF-8.'),
  tested('8725-12', 'RFC 8725, 3.8', 'The keys of one issuer verify no token of another.'),
  tested('8725-13', 'RFC 8725, 3.8', 'A subject is who it is together with its issuer.'),
  tested('8725-14', 'RFC 8725, 3.9', 'A token without an audience is refused.'),
  tested(
    '8725-15',
    'RFC 8725, 3.10',
    'A key id is looked up among the keys at hand, and nowhere else.',
  ),
  tested('8725-16', 'RFC 8725, 3.10', 'No address in a header is ever fetched.'),
  excluded(
    '8725bis-17',
    '8725bis, 3.10',
    'Addresses of private networks are not asked where that is forbidden.',
    'There is no such option: addresses come from the configuration, or over https from the metadata of a configured issuer, and a `fetch` of the operator can forbid any.',
  ),
  tested('8725bis-18', '8725bis, 3.11', 'A type without a slash stands for one with application/.'),
  tested('8725-19', 'RFC 8725, 3.12', 'No other kind of token passes for an access token.'),
  tested('8725bis-20', '8725bis, 3.13', 'No key is derived from a password.'),
  tested('8725bis-21', '8725bis, 3.14', 'No serialization but the compact one is taken.'),
  excluded(
    '8725bis-22',
    '8725bis, 3.15',
    'Decompressed content has a limit.',
    'Nothing is decompressed.',
  ),
]
