import type { JsonObject } from '../encoding/json.ts'
import { FetchError } from './bounded-fetch.ts'

/** What discovery has learned of an issuer, as far as a resource server needs it. */
export interface Metadata {
  /** Where the document was found. */
  readonly url: string
  readonly jwksUri: string
}

/**
 * Where an issuer may publish its metadata, in the order in which the places are asked: OpenID Connect
 * Discovery 1.0 section 4, then RFC 8414 section 3.1, then for an issuer with a path the form of
 * RFC 8414 section 5.
 */
export function metadataUrls(issuer: string): readonly string[] {
  const { origin, pathname } = new URL(issuer)
  const path = pathname.replace(/\/$/, '')
  const openid = '/.well-known/openid-configuration'
  const oauth = '/.well-known/oauth-authorization-server'
  const urls = [`${origin}${path}${openid}`, `${origin}${oauth}${path}`]
  return path === '' ? urls : [...urls, `${origin}${openid}${path}`]
}

/** Metadata that must not be used: it belongs to another issuer, or its `jwks_uri` is not acceptable. */
export class MetadataError extends Error {
  override readonly name = 'MetadataError'
  readonly failure: 'issuer_mismatch' | 'jwks_uri'

  constructor(failure: MetadataError['failure'], url: string, detail: string) {
    super(`${url}: ${detail}`)
    this.failure = failure
  }
}

/** How metadata is looked for. */
export interface Discovery {
  readonly get: (url: string) => Promise<JsonObject>
  /** Whether a `jwks_uri` may be fetched: https, or one of the named exceptions. */
  readonly isAcceptable: (url: string) => boolean
}

/**
 * Discovers the metadata of an issuer. The document's `issuer` has to equal the configured one byte for
 * byte (RFC 8414 section 3.3), else the document is not used. A place that has no such document (another
 * status than 200, a page of HTML, no JSON) is passed over; a server that does not answer ends the
 * search. Throws a `MetadataError` or a `FetchError`.
 *
 * `urls` are the places to ask, those of `metadataUrls` or one that has answered before.
 */
export async function discover(
  issuer: string,
  urls: readonly string[],
  { get, isAcceptable }: Discovery,
): Promise<Metadata> {
  let problem: FetchError | MetadataError | undefined
  for (const url of urls) {
    try {
      return readMetadata(await get(url), url, issuer, isAcceptable)
    } catch (error) {
      if (!(error instanceof MetadataError) && !isAbsence(error)) throw error
      // A document for another issuer says more than the absence of one at the next place.
      problem = problem instanceof MetadataError ? problem : error
    }
  }
  throw problem!
}

function isAbsence(error: unknown): error is FetchError {
  if (!(error instanceof FetchError)) return false
  const served = ['redirect', 'content_type', 'malformed'].includes(error.failure)
  return (
    served ||
    (error.failure === 'status' &&
      error.status! >= 400 &&
      error.status! < 500 &&
      error.status !== 429)
  )
}

function readMetadata(
  document: JsonObject,
  url: string,
  issuer: string,
  isAcceptable: (url: string) => boolean,
): Metadata {
  if (document['issuer'] !== issuer) {
    throw new MetadataError('issuer_mismatch', url, 'the document is for another issuer')
  }
  const jwksUri = document['jwks_uri']
  if (typeof jwksUri !== 'string') throw new MetadataError('jwks_uri', url, 'it has no jwks_uri')
  if (!isAcceptable(jwksUri)) {
    throw new MetadataError('jwks_uri', url, 'its jwks_uri is not an https address')
  }
  return { url, jwksUri }
}
