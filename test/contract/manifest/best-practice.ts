import { excluded, type Line, tested } from './line.ts'

/** Lines of RFC 8725, and of the draft that replaces it (8725bis). */
export const bestPractice: readonly Line[] = [
  tested(
    '8725-01',
    'RFC 8725, 3.1',
    'Only configured algorithms are accepted. By default, these are public-key algorithms. `none` is never accepted.',
  ),
  tested('8725-02', 'RFC 8725, 3.1', 'The algorithm matches the key that the kid names.'),
  tested(
    '8725bis-03',
    '8725bis, 3.1',
    'A key is used for one algorithm, unless more are configured.',
  ),
  tested('8725-04', 'RFC 8725, 3.1', 'Algorithms are configured for each issuer.'),
  tested('8725bis-05', '8725bis, 3.1', 'Algorithms are compared byte for byte.'),
  tested(
    '8725-06',
    'RFC 8725, 3.3',
    'A nested token with one bad layer is rejected, because all nested tokens are rejected.',
  ),
  tested('8725bis-07', '8725bis, 3.3', 'An encrypted token is never accepted as a signed one.'),
  tested('8725-08', 'RFC 8725, 3.4', 'The point of an elliptic-curve key is on its curve.'),
  tested(
    '8725-09',
    'RFC 8725, 3.5',
    'An HMAC secret is at least as long as the hash, and is not a passphrase.',
  ),
  tested('8725-10', 'RFC 8725, 3.6', 'Nothing is decompressed.'),
  tested('8725-11', 'RFC 8725, 3.7', 'Header and claims are UTF-8.'),
  tested(
    '8725-12',
    'RFC 8725, 3.8',
    'The keys of one issuer do not verify tokens of another issuer.',
  ),
  tested('8725-13', 'RFC 8725, 3.8', 'A subject is identified by its id and its issuer.'),
  tested(
    '8725-14',
    'RFC 8725, 3.9',
    'A token without an audience is rejected, unless `audience: null` is configured.',
  ),
  tested('8725-15', 'RFC 8725, 3.10', 'A kid is only compared with the kids of the keys.'),
  tested('8725-16', 'RFC 8725, 3.10', 'No URL in the header of a token is fetched.'),
  excluded(
    '8725bis-17',
    '8725bis, 3.10',
    'Addresses in private networks are not called if that is forbidden.',
    'Bearward has no such option. URLs come from the configuration, or from the metadata of a configured issuer. A URL in metadata must use https, except for hosts in `allowInsecureHosts`. For a loopback host, http is also accepted if the issuer is an http address of a loopback host. A custom `fetch` can refuse any URL.',
  ),
  tested(
    '8725bis-18',
    '8725bis, 3.11',
    'A type without a slash is read as a type with application/.',
  ),
  tested('8725-19', 'RFC 8725, 3.12', 'Another kind of token is not accepted as an access token.'),
  tested('8725bis-20', '8725bis, 3.13', 'No key is derived from a password.'),
  tested('8725bis-21', '8725bis, 3.14', 'Only the compact serialization is accepted.'),
  excluded(
    '8725bis-22',
    '8725bis, 3.15',
    'Decompressed content has a limit.',
    'Nothing is decompressed.',
  ),
]
