import type { JsonObject } from '../lib/json.ts'
import { isRecord } from '../lib/objects.ts'
import { toLoggedAddress } from './address.ts'
import { FetchError } from './bounded-fetch.ts'

/** Member of the metadata that is the address of an endpoint (RFC 8414 section 2). */
export type Endpoint = 'jwks_uri' | 'introspection_endpoint' | 'token_endpoint'

/** The part of an issuer's metadata that this library needs. */
export interface Metadata {
  /** Address of the document. */
  readonly url: string
  /** Address of the requested endpoint. */
  readonly endpoint: string
  /** Address for clients that authenticate with a certificate (RFC 8705 section 5), if the metadata contains this address. */
  readonly mtlsEndpoint: string | undefined
}

/**
 * Returns the URLs at which an issuer can publish its metadata, in the order of the requests:
 *
 * 1. The URL of OpenID Connect Discovery 1.0 section 4.
 * 2. The URL of RFC 8414 section 3.1.
 * 3. For an issuer with a path, the URL of RFC 8414 section 5.
 * 4. The first URL with a slash at the end, because django-oauth-toolkit uses this URL.
 */
export function metadataUrls(issuer: string): readonly string[] {
  const { origin, pathname } = new URL(issuer)
  const path = pathname.replace(/\/$/, '')
  const openid = '/.well-known/openid-configuration'
  const oauth = '/.well-known/oauth-authorization-server'
  const urls = [`${origin}${path}${openid}`, `${origin}${oauth}${path}`]
  if (path !== '') urls.push(`${origin}${openid}${path}`)
  return [...urls, `${origin}${path}${openid}/`]
}

/** Thrown if metadata names another issuer, or does not contain an acceptable endpoint. */
export class MetadataError extends Error {
  override readonly name = 'MetadataError'
  readonly failure: 'issuer_mismatch' | Endpoint

  constructor(failure: MetadataError['failure'], url: string, detail: string) {
    super(`${toLoggedAddress(url)}: ${detail}`)
    this.failure = failure
  }
}

/** Options for `discover`. */
export interface Discovery {
  readonly endpoint: Endpoint
  readonly get: (url: string) => Promise<JsonObject>
  /** Returns whether an endpoint may be called: it uses https, or is a configured exception. */
  readonly isAcceptable: (url: string) => boolean
}

/**
 * Fetches the metadata of an issuer from the first URL that has a usable document. The `issuer` of the document must equal
 * the configured issuer byte for byte (RFC 8414 section 3.3). Continues with the next URL if the metadata names another issuer,
 * or has no acceptable endpoint. Also continues after a redirect, a content type that is not JSON, invalid JSON, or a status
 * below 500 other than 429. Stops if the server fails or does not respond.
 *
 * `urls` are the URLs that `metadataUrls` returns, or the one URL that had metadata before.
 *
 * Throws the first `MetadataError`, or a `FetchError`. If no URL has metadata, the error is that of the first URL, with the
 * first `Retry-After` that a response contains.
 */
export async function discover(
  issuer: string,
  urls: readonly string[],
  discovery: Discovery,
): Promise<Metadata> {
  let problem: FetchError | MetadataError | undefined
  let retryAfter: string | undefined
  for (const url of urls) {
    try {
      return readMetadata(await discovery.get(url), url, issuer, discovery)
    } catch (error) {
      if (!(error instanceof MetadataError) && !isAbsence(error)) throw error
      if (error instanceof FetchError) retryAfter ??= error.retryAfter
      // The first `MetadataError` is the most helpful error. If there is no such error, the error of the first URL is thrown.
      if (!(problem instanceof MetadataError))
        problem = error instanceof MetadataError ? error : (problem ?? error)
    }
  }
  if (problem instanceof FetchError && urls.length > 1)
    throw createNotFoundError(problem, urls.length - 1, retryAfter)
  throw problem!
}

/** Creates the error for an issuer without metadata at any URL. */
function createNotFoundError(
  { failure, message, status }: FetchError,
  others: number,
  retryAfter: string | undefined,
): FetchError {
  const places = `and no metadata at ${others} other URL${others > 1 ? 's' : ''}`
  return new FetchError(failure, `${message}, ${places}`, { status, retryAfter })
}

/** Returns whether an error means that a URL has no metadata. */
function isAbsence(error: unknown): error is FetchError {
  if (!(error instanceof FetchError)) return false
  const isOtherContent = ['redirect', 'content_type', 'malformed'].includes(error.failure)
  return (
    isOtherContent || (error.failure === 'status' && error.status! < 500 && error.status !== 429)
  )
}

function readMetadata(
  document: JsonObject,
  url: string,
  issuer: string,
  { endpoint: name, isAcceptable }: Discovery,
): Metadata {
  if (document['issuer'] !== issuer) {
    throw new MetadataError(
      'issuer_mismatch',
      url,
      `its issuer ${describeIssuer(document['issuer'])} is not the configured issuer`,
    )
  }
  const addressIn = (object: JsonObject) => {
    const address = object[name]
    if (address === undefined) return undefined
    if (typeof address === 'string' && isAcceptable(address)) return address
    throw new MetadataError(name, url, `its ${name} is not an https address`)
  }
  const endpoint = addressIn(document)
  if (endpoint === undefined) throw new MetadataError(name, url, `it has no ${name}`)
  const aliases = document['mtls_endpoint_aliases']
  return { url, endpoint, mtlsEndpoint: isRecord(aliases) ? addressIn(aliases) : undefined }
}

/**
 * Returns the issuer of a document in quotes, truncated to 200 characters. The issuer is public, and often the only mistake is
 * a trailing slash. Characters that are not printable ASCII are escaped.
 */
function describeIssuer(issuer: unknown): string {
  if (typeof issuer !== 'string') return '(missing or not a string)'
  return JSON.stringify(issuer.slice(0, 200)).replace(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
