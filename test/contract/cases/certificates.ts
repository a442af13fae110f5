import { createHash } from 'node:crypto'
import { selfSignedCertificate } from '../../support/certificate.ts'
import { generateKey } from '../../support/keys.ts'
import { toOpaqueToken } from '../configurations.ts'
import { bearer, type CaseRequest, type ContractCase, each } from '../contract-case.ts'
import { claiming, token } from '../fixture.ts'
import { bare401, invalidToken, ok } from '../outcomes.ts'

const key = generateKey('ES256')
const certificate = selfSignedCertificate(key)
const expired = selfSignedCertificate(key, {
  subject: { name: 'localhost' },
  notBefore: -3,
  notAfter: -2,
})
const other = selfSignedCertificate(generateKey('ES256'))

const toThumbprint = (der: Uint8Array, encoding: 'base64url' | 'base64' | 'hex' = 'base64url') =>
  createHash('sha256').update(der).digest(encoding)
const toCnf = (der: Uint8Array) => ({ 'x5t#S256': toThumbprint(der) })
const boundToCertificate = (der: Uint8Array) => claiming({ cnf: toCnf(der) })

/** Returns a request with a token and a certificate, which the function `forwardedCertificate` reads. */
function withCertificate(sent: string, der: Uint8Array): CaseRequest {
  const { lines, ...request } = bearer(sent)
  const line = `X-Test-Certificate: ${Buffer.from(der).toString('base64')}`
  return { ...request, lines: [...lines, line] }
}

const here = { configuration: 'client certificates' } as const
const required = { configuration: 'client certificates, required' } as const
const opaque = { configuration: 'opaque tokens and client certificates' } as const

const opaqueBoundTo = (der: Uint8Array) => toOpaqueToken(JSON.stringify({ cnf: toCnf(der) }))

/** Cases for certificate-bound tokens (RFC 8705 section 3), with the certificate from a function of the application. */
export const certificates: readonly ContractCase[] = [
  ...each(
    ['8705-01', '8705-06'],
    'accepts a token with the thumbprint of the certificate',
    ok(),
    {
      'a self-signed certificate': withCertificate(boundToCertificate(certificate), certificate),
      'an expired certificate': withCertificate(boundToCertificate(expired), expired),
    },
    here,
  ),
  ...each(
    ['8705-02', '8705-13'],
    'rejects a token with the thumbprint of another certificate',
    invalidToken('wrong_certificate'),
    {
      'a certificate of another key': withCertificate(boundToCertificate(certificate), other),
      'a renewed certificate of the same key': withCertificate(
        boundToCertificate(expired),
        certificate,
      ),
      'a thumbprint of other bytes': withCertificate(
        boundToCertificate(Buffer.from('x')),
        certificate,
      ),
    },
    here,
  ),
  ...each(
    ['8705-03'],
    'rejects a bound token without a certificate',
    invalidToken('no_certificate'),
    { 'no header': boundToCertificate(certificate) },
    here,
  ),
  ...each(
    ['8705-09'],
    'rejects a bound token with bytes that are not one certificate',
    invalidToken('no_certificate'),
    {
      'no bytes': withCertificate(boundToCertificate(certificate), Buffer.alloc(0)),
      'a NUL byte': withCertificate(boundToCertificate(certificate), Buffer.alloc(1)),
      'two certificates': withCertificate(
        boundToCertificate(certificate),
        Buffer.concat([certificate, other]),
      ),
      'a certificate that is cut off': withCertificate(
        boundToCertificate(certificate),
        certificate.subarray(0, -1),
      ),
    },
    here,
  ),
  ...each(
    ['8705-04'],
    'rejects a thumbprint in another encoding or of another hash',
    invalidToken('unsupported_binding'),
    {
      padded: claiming({ cnf: { 'x5t#S256': `${toThumbprint(certificate)}=` } }),
      base64: claiming({ cnf: { 'x5t#S256': toThumbprint(certificate, 'base64') } }),
      hex: claiming({ cnf: { 'x5t#S256': toThumbprint(certificate, 'hex') } }),
      'SHA-1 in x5t': claiming({
        cnf: { x5t: createHash('sha1').update(certificate).digest('base64url') },
      }),
    },
    here,
  ),
  ...each(
    ['8705-11'],
    'rejects a token that is bound to a DPoP key as well',
    invalidToken('unsupported_binding'),
    {
      'jkt and x5t#S256': withCertificate(
        claiming({ cnf: { ...toCnf(certificate), jkt: toThumbprint(Buffer.from('a key')) } }),
        certificate,
      ),
    },
    here,
  ),
  ...each(
    ['8705-12'],
    'rejects an unbound token if certificates are required',
    invalidToken('unbound_token'),
    {
      'without a certificate': token(),
      'with a certificate': withCertificate(token(), certificate),
    },
    required,
  ),
  ...each(
    ['8705-12'],
    'accepts a bound token if certificates are required',
    ok(),
    { 'a self-signed certificate': withCertificate(boundToCertificate(certificate), certificate) },
    required,
  ),
  ...each(
    [],
    'challenges a request without a token if certificates are required',
    bare401('no_credentials'),
    { 'no header': { lines: [] } },
    required,
  ),
  ...each(
    [],
    'accepts an unbound token if certificates are not required',
    ok(),
    {
      'without a certificate': token(),
      'with a certificate': withCertificate(token(), certificate),
    },
    here,
  ),
  ...each(
    ['8705-05', '7662-17'],
    'accepts an opaque token whose introspection response has the thumbprint',
    ok(),
    { 'a self-signed certificate': withCertificate(opaqueBoundTo(certificate), certificate) },
    opaque,
  ),
  ...each(
    ['8705-05', '7662-17'],
    'rejects an opaque token whose introspection response has another thumbprint',
    invalidToken('wrong_certificate'),
    { 'a certificate of another key': withCertificate(opaqueBoundTo(certificate), other) },
    opaque,
  ),
  ...each(
    ['8705-05', '7662-17'],
    'rejects a bound opaque token without a certificate',
    invalidToken('no_certificate'),
    { 'no header': opaqueBoundTo(certificate) },
    opaque,
  ),
]
