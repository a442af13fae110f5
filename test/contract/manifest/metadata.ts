import { deviation, type Line, tested } from './line.ts'

/** Lines of RFC 9728: the metadata of a protected resource. */
export const resourceMetadata: readonly Line[] = [
  tested('9728-01', 'RFC 9728, 3.1', 'A resource without a path has the well-known path.'),
  tested('9728-02', 'RFC 9728, 3.1', 'The well-known path is inserted before the path.'),
  tested('9728-03', 'RFC 9728, 3.1', 'A slash after the host is removed first.'),
  tested('9728-04', 'RFC 9728, 3.1', 'The query of the resource is kept.'),
  tested('9728-05', 'RFC 9728, 3.2', 'The document is a JSON object, with 200.'),
  tested('9728-06', 'RFC 9728, 3.3', 'resource is the configured text, for every request.'),
  tested('9728-07', 'RFC 9728, 3.2', 'Members without a value are omitted.'),
  tested('9728-08', 'RFC 9728, 2', 'authorization_servers are trusted issuers.'),
  tested('9728-09', 'RFC 9728, 2', 'scopes_supported are the declared scopes.'),
  tested('9728-10', 'RFC 9728, 2', 'bearer_methods_supported is header, or is missing.'),
  tested('9728-11', 'RFC 9728, 2', 'jwks_uri is an https address, and no algorithm is `none`.'),
  tested('9728-12', 'RFC 9728, 2', 'The members about DPoP match the options of the API.'),
  tested(
    '9728-13',
    'RFC 9728, 2',
    'tls_client_certificate_bound_access_tokens is true only if the API checks client certificates.',
  ),
  tested('9728-14', 'RFC 9728, 5.1', 'The address in a challenge leads to the document.'),
  tested('9728-15', 'RFC 9728, 3.1', 'GET and HEAD need no token. Other methods get 405.'),
  tested('9728-16', 'RFC 9728, 3.1', 'A request for another path does not get the document.'),
  tested('9728-17', 'RFC 9728, 2.2', 'signed_metadata is a JWT with iss, and is not nested.'),
  tested('9728-18', 'RFC 9728, 1.2', 'resource is an https address without fragment.'),
  tested('9728-19', 'RFC 9728, 3.3', 'Each resource of an application has its own document.'),
  tested('9728-20', 'RFC 9728, 2.1', 'Members with a language tag are passed on.'),
  tested('9728-21', 'RFC 9728, 3.2', 'The document is cacheable, and every origin can read it.'),
  tested('9728-22', 'RFC 9728, 7', 'The document contains no secrets and no internal addresses.'),
]

/** Lines of RFC 8707: the identifier of a resource. */
export const resourceIndicators: readonly Line[] = [
  tested('8707-01', 'RFC 8707, 2', 'resource is an absolute address without fragment.'),
  tested('8707-02', 'RFC 8707, 2', 'An audience is compared exactly, apart from scheme and host.'),
]

/** Lines of RFC 8414 about a resource server that reads the metadata of an authorization server. */
export const serverMetadata: readonly Line[] = [
  tested('8414-20', 'RFC 8414, 3.1', 'The well-known path is inserted before the path.'),
  tested('8414-21', 'RFC 8414, 3.3', 'A document of another issuer is not used.'),
  tested('8414-22', 'RFC 8414, 2', 'issuer and jwks_uri are https addresses.'),
  tested(
    '8414-23',
    'RFC 8414, 3.2',
    'Only a response with 200, a JSON media type and JSON is used.',
  ),
  tested(
    '8414-24',
    'RFC 8414, 3.2 and 4',
    'Unknown members are ignored. Issuers are compared without normalization.',
  ),
  tested('8414-26', 'RFC 8414, 6.1', 'The certificate of the server is checked.'),
  deviation(
    '8414-27',
    'RFC 8414, 6.2',
    'A jwks_uri of another origin can be refused.',
    'Such a `jwks_uri` is accepted, because large providers have one. Set the option `jwksUri` to use another address.',
  ),
  tested(
    '8414-28',
    'RFC 8414, 3',
    'An event reports a new jwks_uri in the metadata. The option jwksUri does not change.',
  ),
]
