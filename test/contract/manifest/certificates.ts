import { type Line, tested } from './line.ts'

/** Lines of RFC 8705 about a resource server that accepts certificate-bound access tokens. */
export const certificates: readonly Line[] = [
  tested('8705-01', 'RFC 8705, 3', 'A token with the thumbprint of the certificate is accepted.'),
  tested('8705-02', 'RFC 8705, 3', 'A token with another thumbprint is rejected.'),
  tested('8705-03', 'RFC 8705, 3', 'A bound token without a client certificate is rejected.'),
  tested('8705-04', 'RFC 8705, 3.1', 'x5t#S256 is the SHA-256 hash of the DER in base64url.'),
  tested(
    '8705-05',
    'RFC 8705, 3.2',
    'cnf in an introspection response is checked like cnf in a JWT.',
  ),
  tested('8705-06', 'RFC 8705, 6.2', 'A self-signed or expired certificate is accepted.'),
  tested('8705-07', 'RFC 8705, 3', 'Only the certificate of the client is compared.'),
  tested('8705-08', 'RFC 9700, 4.13', 'A header is read only from a configured proxy.'),
  tested('8705-09', 'RFC 9440, 2', 'A malformed header, or several certificates, cause 401.'),
  tested('8705-10', 'RFC 8705, 3', 'If the option mtls is not set, a bound token is rejected.'),
  tested('8705-11', 'RFC 8705, 3', 'A token that is bound to a key and a certificate needs both.'),
  tested('8705-12', 'RFC 8705, 3', 'If certificates are required, an unbound token is rejected.'),
  tested(
    '8705-13',
    'RFC 8705, 6.3',
    'After its certificate is renewed, a client needs a new token.',
  ),
  tested(
    '8705-14',
    'RFC 8705, 5',
    'Introspection with a client certificate uses mtls_endpoint_aliases.',
  ),
  tested(
    '8705-15',
    'RFC 8705, 3',
    'In a resumed TLS session without a certificate, a bound token is rejected.',
  ),
]
