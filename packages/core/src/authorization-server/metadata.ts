import type { JsonObject } from '../lib/json.ts'
import { isRecord } from '../lib/objects.ts'
import { toLoggedAddress } from './address.ts'
import { FetchError } from './bounded-fetch.ts'

/** An address that metadata can hold (RFC 8414 section 2). */
export type Endpoint = 'jwks_uri' | 'introspection_endpoint' | 'token_endpoint'

/** The metadata of an issuer, as far as it is needed. */
export interface Metadata {
  /** The address of the document. */
  readonly url: string
  /** The endpoint that was looked for. */
  readonly endpoint: string
  /** The same for clients that authenticate with a certificate (RFC 8705 section 5), if it is another. */
  readonly mtlsEndpoint: string | undefined
}

/**
 * The addresses at which an issuer may publish its metadata, in the order in which the places are asked: OpenID Connect
 * Discovery 1.0 section 4, then RFC 8414 section 3.1, then for an issuer with a path the form of
 * RFC 8414 section 5. The last place is that of django-oauth-toolkit, whose address ends in a slash.
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

/** Metadata that must not be used: it belongs to another issuer, or lacks an acceptable endpoint. */
export class MetadataError extends Error {
  override readonly name = 'MetadataError'
  readonly failure: 'issuer_mismatch' | Endpoint

  constructor(failure: MetadataError['failure'], url: string, detail: string) {
    super(`${toLoggedAddress(url)}: ${detail}`)
    this.failure = failure
  }
}

/** The parts that a search for metadata needs. */
export interface Discovery {
  readonly endpoint: Endpoint
  readonly get: (url: string) => Promise<JsonObject>
  /** Returns whether an endpoint may be asked: https, or one of the named exceptions. */
  readonly isAcceptable: (url: string) => boolean
}

/**
 * Discovers the metadata of an issuer. The document's `issuer` has to equal the configured one byte for
 * byte (RFC 8414 section 3.3), else the document is not used. A place that has no such document (another
 * status than 200, a page of HTML, no JSON) is passed over; a server that does not answer ends the
 * search. Throws a `MetadataError` or a `FetchError`; where there is a document nowhere, that of the first place,
 * with the `Retry-After` of the first that has one.
 *
 * `urls` are the places to ask, those of `metadataUrls` or one that has answered before.
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
      // A document for another issuer says more than the absence of one, and the first place more than the rest.
      if (!(problem instanceof MetadataError))
        problem = error instanceof MetadataError ? error : (problem ?? error)
    }
  }
  if (problem instanceof FetchError && urls.length > 1)
    throw nowhere(problem, urls.length - 1, retryAfter)
  throw problem!
}

function nowhere(
  { failure, message, status }: FetchError,
  others: number,
  retryAfter: string | undefined,
): FetchError {
  const places = `and no metadata at ${others} other place${others > 1 ? 's' : ''}`
  return new FetchError(failure, `${message}, ${places}`, { status, retryAfter })
}

function isAbsence(error: unknown): error is FetchError {
  if (!(error instanceof FetchError)) return false
  const served = ['redirect', 'content_type', 'malformed'].includes(error.failure)
  return served || (error.failure === 'status' && error.status! < 500 && error.status !== 429)
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
      `the document is for ${named(document['issuer'])}`,
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
 * Returns the issuer of a document, cut off after 200 characters: it is public, and usually a slash more or less is the
 * whole mistake. Characters that are not printable ASCII are escaped.
 */
function named(issuer: unknown): string {
  if (typeof issuer !== 'string') return 'nobody by name'
  return JSON.stringify(issuer.slice(0, 200)).replace(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
