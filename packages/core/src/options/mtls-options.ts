import { readTrustedProxy } from '../binding/trusted-proxies.ts'
import { describeEntries, describeGiven } from '../lib/describe-given.ts'
import type {
  CertificateFormat,
  CertificateHeader,
  MtlsSettings,
  TrustedProxy,
} from '../model/settings.ts'
import { choice, custom, isName, nested, required, text } from './option-rows.ts'
import type { OptionRow, OptionTable } from './option-table.ts'

/** Options for certificate-bound access tokens (RFC 8705 section 3). */
export interface MtlsOptions<Raw extends object = object> {
  /**
   * The source of the client certificate.
   *
   * - `'tls'`: the TLS connection. The server must request a certificate: `requestCert: true`.
   * - `{ header, format, trustedProxies }`: a header that a proxy sets. The header is ignored if it comes from any other peer.
   * - A function: receives the request of the framework, and returns the certificate in DER (`Uint8Array`) or PEM. It returns
   *   `undefined` if there is none. It is synchronous. Errors it throws are passed to the error handling of the framework.
   *
   * Only the SHA-256 hash of the certificate is compared with the token. Does NOT check its validity, its names or its issuer (RFC
   * 8705 section 6.2). `@bearward/fetch` accepts only a function, because a web `Request` has no connection.
   *
   * @example
   * { header: 'client-cert', format: 'rfc9440', trustedProxies: ['10.0.0.0/8'] }
   */
  readonly certificate:
    | 'tls'
    | CertificateHeaderOptions
    | ((request: Raw) => Uint8Array | string | undefined)
  /**
   * The tokens that are accepted.
   *
   * - `'accept'`: tokens that are bound to the certificate of their client, and tokens that are not bound.
   * - `'required'`: only tokens that are bound to the certificate of their client.
   *
   * @default 'accept'
   */
  readonly mode?: 'accept' | 'required'
}

/** A header in which a proxy sends the client certificate. */
export interface CertificateHeaderOptions {
  /** The name of the header, such as `client-cert`. The proxy must remove this header from requests of clients. */
  readonly header: string
  /**
   * The format of the header. Only the certificate of the client is read, never the certificate of a CA.
   *
   * - `'rfc9440'`: `:base64:` of the DER, as in `Client-Cert` (RFC 9440 section 2.1).
   * - `'pem-urlencoded'`: percent-encoded PEM, as in `$ssl_client_escaped_cert` of nginx.
   * - `'xfcc'`: `X-Forwarded-Client-Cert` of Envoy, with one element that contains `Hash` or `Cert`.
   */
  readonly format: CertificateFormat
  /**
   * Addresses of the proxies: IPv4 or IPv6 addresses, ranges in CIDR notation, or `'unix'` for the peer of a Unix socket. They are
   * compared with the address from which the connection comes. `X-Forwarded-For` is never read. Every program with such an
   * address can send any certificate.
   */
  readonly trustedProxies: readonly string[]
}

/** Matches the name of a header (RFC 9110 section 5.1). */
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

/** Headers that never contain the certificate of the client. */
const OTHER_HEADERS = ['authorization', 'client-cert-chain', 'cookie', 'dpop']

function createHeaderRow(): OptionRow<string, string> {
  const row = text('the name of a header with a client certificate, such as client-cert', {
    matches: (name) => HEADER_NAME.test(name) && !OTHER_HEADERS.includes(name.toLowerCase()),
  })
  const read: OptionRow<string, string>['read'] = (given, name, context) =>
    row.read(given, name, context)?.toLowerCase() ?? ''
  return required({ ...row, read }, 'set the name of the header')
}

const createProxiesRow = (): OptionRow<readonly string[], readonly TrustedProxy[]> =>
  required(
    custom((given, name, { report }) => {
      if (given === undefined) return []
      if (!Array.isArray(given) || given.length === 0 || !Array.from(given).every(isName)) {
        const not = describeEntries(given, isName)
        report(
          `${name} must be an array with at least one address, range or 'unix', such as ['10.0.0.0/8'], not ${not}.`,
        )
        return []
      }
      return (given as readonly string[]).flatMap((entry) => {
        const read = readTrustedProxy(entry)
        if ('proxy' in read) return [read.proxy]
        report(`${name} contains ${JSON.stringify(entry.slice(0, 60))}, which ${read.problem}.`)
        return []
      })
    }),
    'set the addresses of the proxies',
  )

function createHeaderTable(): OptionTable<CertificateHeaderOptions, CertificateHeader> {
  return {
    header: createHeaderRow(),
    format: required(
      choice(['rfc9440', 'pem-urlencoded', 'xfcc']),
      'set the format in which the proxy writes the certificate',
    ),
    trustedProxies: createProxiesRow(),
  }
}

const HOW_TO_SET =
  "'tls', an object such as { header: 'client-cert', format: 'rfc9440', trustedProxies: ['10.0.0.0/8'] }, or a function"

function createCertificateRow(): OptionRow<
  MtlsOptions['certificate'],
  MtlsSettings['certificate']
> {
  const table = createHeaderTable()
  const header = nested(table, HOW_TO_SET)
  return required(
    custom(
      (given, name, context) => {
        if (typeof given === 'function') return given as (request: never) => unknown
        if (context.hasSocket === false && given !== undefined) {
          context.report(
            `${name} must be a function that returns the certificate: this adapter does not know the connection of a request.`,
          )
        } else if (given !== 'tls' && typeof given !== 'object' && given !== undefined) {
          context.report(`${name} must be ${HOW_TO_SET}, not ${describeGiven(given)}.`)
        } else if (given !== 'tls') {
          return header.read(given, name, context) ?? 'tls'
        }
        return 'tls'
      },
      { table },
    ),
    HOW_TO_SET,
  )
}

type MtlsRow = OptionRow<MtlsOptions, MtlsSettings | undefined>

function createRow(): MtlsRow {
  const table: OptionTable<MtlsOptions, MtlsSettings> = {
    certificate: createCertificateRow(),
    mode: choice(['accept', 'required'], { default: 'accept' }),
  }
  return nested(table, "an object such as { certificate: 'tls' }")
}

/** The option `mtls`. */
export const MTLS: MtlsRow = /* @__PURE__ */ createRow()
