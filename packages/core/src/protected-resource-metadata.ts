import { isPublic } from './authorization/issuer.ts'
import { isAcceptableAddress } from './authorization-server/address.ts'
import type { JsonObject } from './lib/json.ts'
import { andThen, type MaybePromise } from './lib/maybe-promise.ts'
import type { HttpResponse, ResponseHeaders } from './response/http-response.ts'
import type { RequestLike } from './model/request-like.ts'
import type { MetadataSettings, Settings } from './model/settings.ts'
import { createSigningHeader } from './signature/private-key.ts'
import type { Algorithm } from './signature/algorithms.ts'
import { signJws } from './signature/sign-jws.ts'

const WELL_KNOWN = '/.well-known/oauth-protected-resource'

/** The metadata of this API (RFC 9728). */
export interface ResourceMetadata {
  /** The address of the document, for challenges. */
  readonly url: string
  /**
   * Returns the response to a request for the document, or `undefined` for every other request. Reads only the method and the
   * target of the request, and never `Host`.
   */
  readonly respond: (
    request: Pick<RequestLike, 'method' | 'url'>,
  ) => MaybePromise<HttpResponse | undefined>
  /**
   * Resolves when the metadata is signed, and rejects if the key cannot sign. Resolves immediately if the metadata need not be
   * signed.
   */
  readonly ready: () => Promise<void>
}

/** The ways in which this API accepts tokens. */
export interface AuthenticationMethods {
  /** `true`: tokens are read from the `Authorization` header. */
  readonly hasBearerHeader: boolean
  readonly dpop:
    | { readonly mode: 'accept' | 'required'; readonly algorithms: readonly Algorithm[] }
    | undefined
}

/**
 * Creates the metadata of this API from options, and never from a request. Returns `undefined` if the option `resource` or
 * `metadata` is not set. `sign` is `undefined` for a resource server without the part `signedMetadata`.
 */
export function createResourceMetadata(
  settings: Settings,
  methods: AuthenticationMethods,
  sign: SignMetadata | undefined,
): ResourceMetadata | undefined {
  const { resource, metadata } = settings
  if (resource === undefined || metadata === undefined) return undefined
  const targets = getTargets(resource, metadata.atRoot)
  let body: MaybePromise<string> | undefined
  const document = createDocument(resource, metadata, settings, methods)
  const { signed } = metadata
  const getBody = () =>
    (body ??= signed === undefined ? JSON.stringify(document) : sign!(document, signed))
  return {
    ready: async () => void (await getBody()),
    url: new URL(resource).origin + targets[0]!,
    respond({ method, url }) {
      if (!isTarget(url, targets)) return undefined
      if (method === 'OPTIONS') return PREFLIGHT
      if (method !== 'GET' && method !== 'HEAD') return NOT_ALLOWED
      return andThen(getBody(), (text) => ({
        status: 200,
        headers: getHeaders(metadata.maxAge),
        body: text,
      }))
    },
  }
}

/**
 * Returns the request targets at which the document is served: paths, with the query of the resource. The well-known path is
 * inserted between the host and the path of the resource (RFC 9728 section 3.1).
 */
function getTargets(resource: string, atRoot: boolean): readonly string[] {
  const { pathname, search } = new URL(resource)
  const target = WELL_KNOWN + (pathname === '/' ? '' : pathname) + search
  return atRoot && target !== WELL_KNOWN ? [target, WELL_KNOWN] : [target]
}

/**
 * Returns whether a request target is one of `targets`. If an entry of `targets` has no query, a query in the request is ignored.
 */
function isTarget(url: string, targets: readonly string[]): boolean {
  const target = url.startsWith('/') ? url : toTarget(url)
  const [path] = target.split('?')
  return targets.some((one) => one === target || one === path)
}

/** Returns the path and the query of an absolute address (RFC 9112 section 3.2.2). */
function toTarget(url: string): string {
  if (!URL.canParse(url)) return ''
  const { pathname, search } = new URL(url)
  return pathname + search
}

function createDocument(
  resource: string,
  metadata: MetadataSettings,
  { issuers, scopes, insecureHosts, mtls }: Settings,
  { hasBearerHeader, dpop }: AuthenticationMethods,
): JsonObject {
  // Issuers of tenants are omitted, because they would reveal customers. Issuers of public platforms without `allowedClients` are
  // omitted, because every user of the platform can get a token. `authorizationServers` replaces this list.
  const callable = issuers
    .filter((settings) => settings.tenant === undefined && !isPublic(settings))
    .map(({ issuer }) => issuer)
    .filter((issuer) => isAcceptableAddress(issuer, insecureHosts))
  const members: Readonly<Record<string, unknown>> = {
    resource,
    authorization_servers: metadata.authorizationServers ?? callable,
    jwks_uri: metadata.jwksUri,
    scopes_supported: scopes.supported,
    bearer_methods_supported: hasBearerHeader ? ['header'] : [],
    resource_signing_alg_values_supported: metadata.signingAlgorithms,
    resource_name: metadata.name,
    resource_documentation: metadata.documentation,
    resource_policy_uri: metadata.policyUri,
    resource_tos_uri: metadata.tosUri,
    tls_client_certificate_bound_access_tokens: mtls === undefined ? undefined : true,
    dpop_signing_alg_values_supported: dpop?.algorithms,
    dpop_bound_access_tokens_required: dpop?.mode === 'required' ? true : undefined,
    ...metadata.more,
  }
  // RFC 9728 section 3.2: members without a value are omitted.
  return Object.fromEntries(
    Object.entries(members).filter(
      ([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0),
    ),
  ) as JsonObject
}

/** Returns the document as JSON text, with the member `signed_metadata`. */
export type SignMetadata = (
  document: JsonObject,
  signed: NonNullable<MetadataSettings['signed']>,
) => Promise<string>

/** Signs the members of the document, and `iss` (RFC 9728 section 2.2). */
export const signMetadata: SignMetadata = async (document, signed) => {
  const { issuer, key } = signed
  const header = createSigningHeader(key, signed)
  const jwt = await signJws(header, { ...document, iss: issuer }, key, header.alg)
  return JSON.stringify({ ...document, signed_metadata: jwt })
}

/** Pages of every origin may read the document, because it is public. */
const FROM_ANYWHERE = { 'Access-Control-Allow-Origin': '*' }

const METHODS = 'GET, HEAD, OPTIONS'

function getHeaders(maxAge: number): ResponseHeaders {
  return {
    'Cache-Control': `public, max-age=${maxAge}`,
    'Content-Type': 'application/json',
    ...FROM_ANYWHERE,
  }
}

const PREFLIGHT: HttpResponse = {
  status: 204,
  headers: {
    'Access-Control-Allow-Headers': '*',
    'Access-Control-Allow-Methods': METHODS,
    'Access-Control-Max-Age': '86400',
    Allow: METHODS,
    ...FROM_ANYWHERE,
  },
  body: '',
}

const NOT_ALLOWED: HttpResponse = {
  status: 405,
  headers: {
    Allow: METHODS,
    'Cache-Control': 'no-store',
    'Content-Type': 'text/plain; charset=utf-8',
    ...FROM_ANYWHERE,
  },
  body: 'Use GET.',
}
