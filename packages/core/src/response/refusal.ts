import { ignoreRejection } from '../lib/ignore-rejection.ts'
import { getMember, copyOwnMembers } from '../lib/objects.ts'
import type { HttpResponse, ResponseHeaders } from './http-response.ts'
import { type ChallengeParameters, type Scheme, writeChallenge } from './challenge.ts'
import { type Reason, REASONS, type ReasonText } from './reasons.ts'
import type { Explanation, Rejection } from './rejection.ts'

/** Outcome of a request that is refused. Contains the complete response. An adapter only writes it. */
export interface Refused extends HttpResponse {
  readonly kind: 'refused'
  readonly reason: Reason
  /** The failed check, for the log of the server. It is not sent in the response, and `JSON.stringify` omits it. */
  readonly explanation: Explanation
  readonly status: number
  /** Header fields of the response, including the challenge. All values are safe in a header. */
  readonly headers: ResponseHeaders
  /** Body of the response: JSON, or the result of `errorBody`. */
  readonly body: string
}

/** Argument of `errorBody`: the reason and status of a refusal, and the members of its default body. */
export interface RefusalView {
  readonly reason: Reason
  readonly status: number
  /** Member `error` of the default body. */
  readonly error: string
  /** Member `error_description` of the default body. */
  readonly description: string
}

/**
 * Result of `errorBody`: a response body of the application. It cannot change the status, the challenge or any header field
 * other than `Content-Type`.
 *
 * @example
 * const errorBody = ({ error, description }: RefusalView): RefusalBody => ({
 *   body: { type: 'about:blank', title: error, detail: description },
 *   contentType: 'application/problem+json',
 * })
 */
export interface RefusalBody {
  /** The body. A string is sent unchanged. An object is sent as JSON. */
  readonly body: string | Readonly<Record<string, unknown>>
  /**
   * The media type of the body, for `Content-Type`.
   *
   * @default 'application/json' for an object, 'text/plain; charset=utf-8' for a string
   */
  readonly contentType?: string
  /** Cannot be set: the status follows from the reason. */
  readonly status?: never
  /** Cannot be set: the challenge and the other header fields follow from the reason. */
  readonly headers?: never
}

/** Options that affect refusals. */
export interface RefusalSettings {
  readonly realm: string
  /** The schemes that this API accepts, in the order of their challenges. */
  readonly schemes: readonly Scheme[]
  /** The algorithms of DPoP proofs, separated by spaces. `undefined`: this API does not accept proofs. */
  readonly algs: string | undefined
  /** URL of the metadata of this API. `undefined`: there is no metadata. */
  readonly resourceMetadata: string | undefined
  readonly errorBody:
    | ((refusal: RefusalView, request: object | undefined) => RefusalBody | undefined)
    | undefined
  /** Called with the names of unknown members of the result of `errorBody`. Such members are ignored. */
  readonly reportIgnored: (members: readonly string[]) => void
  /** Called for each response whose challenge contains the URL of the metadata. */
  readonly onMetadataNamed: () => void
}

/** Values of `error` in the body, for reasons without an `error` in `REASONS`. */
const STATUS_ERROR = {
  400: 'invalid_request',
  401: 'unauthorized',
  403: 'forbidden',
  413: 'content_too_large',
  503: 'temporarily_unavailable',
} as const

const MEDIA_TYPE = /^[\w.+-]+\/[\w.+-]+(?:; ?[\w-]+=[\w.+-]+)*$/

/**
 * Turns a rejection into the complete response: the status, the challenges (RFC 6750 section 3, RFC 9449 section 7.1) and a fixed
 * JSON body. The response must not be cached (`no-store`). A 503 has `Retry-After` instead of a challenge.
 *
 * `required` are the challenge parameters for the requirements of the route. `required.scope` is added to a 401,
 * and to a 403 `insufficient_scope`. `acr_values` and `max_age` are added only for the reason `insufficient_user_authentication`
 * (RFC 9470 section 3). `request` is the request of the framework, for `errorBody`. `scheme` is the scheme of the credentials, if
 * the credentials could be read. `protocolBody` is a JSON body that a protocol prescribes: `errorBody` is then not called.
 *
 * @throws {TypeError} if the result of `errorBody` is not a body
 */
export function refuse(
  rejection: Rejection,
  settings: RefusalSettings,
  required: ChallengeParameters = {},
  request?: object,
  scheme: Scheme | undefined = rejection.scheme,
  protocolBody?: string,
): Refused {
  const { realm, resourceMetadata, errorBody, reportIgnored, onMetadataNamed } = settings
  const { reason, explanation } = rejection
  const { status, error, description }: ReasonText = REASONS[reason]
  const view: RefusalView = { reason, status, error: error ?? STATUS_ERROR[status], description }
  const own =
    protocolBody === undefined
      ? errorBody?.(view, request)
      : { body: protocolBody, contentType: 'application/json' }
  const { body, contentType } = writeBody(view, own)
  const ignored = Object.keys(own ?? {}).filter((name) => !['body', 'contentType'].includes(name))
  if (ignored.length > 0) reportIgnored(ignored)
  const headers: Record<string, string | string[]> = {
    'Cache-Control': 'no-store',
    'Content-Type': contentType,
  }
  if (status === 503) headers['Retry-After'] = writeRetryAfter(rejection.retryAfter)
  else {
    if (resourceMetadata !== undefined) onMetadataNamed()
    const parameters = {
      realm,
      error,
      error_description: error && description,
      scope: status === 401 || reason === 'insufficient_scope' ? required.scope : undefined,
      resource_metadata: resourceMetadata,
      ...(reason === 'insufficient_user_authentication' && {
        acr_values: required.acr_values,
        max_age: required.max_age,
      }),
    }
    // Several sets of credentials can have different schemes, so the scheme of the request is not known.
    const used = reason === 'multiple_credentials' ? undefined : scheme
    headers['WWW-Authenticate'] = writeChallenges(parameters, settings, used)
    if (rejection.nonce !== undefined) headers['DPoP-Nonce'] = rejection.nonce
  }
  const response = {
    kind: 'refused',
    reason,
    status,
    headers: Object.freeze(headers),
    body,
  } as const
  const refused = { ...response, explanation }
  // `toJSON` omits the explanation, so that it is not sent to the caller by mistake.
  Object.defineProperty(refused, 'toJSON', copyOwnMembers({ value: () => response }))
  return Object.freeze(refused)
}

/**
 * Returns one header line for each scheme that this API accepts. `used` is the scheme of the request.
 *
 * - If `used` is set, only the challenge of this scheme contains the error and the requirements (RFC 9449 section 7.2).
 * - If `used` is `undefined`, every challenge contains the error.
 * - Some clients merge the lines. So the DPoP challenge usually contains only `algs`, and the error if `used` is `undefined`. The
 *   DPoP challenge contains all parameters if DPoP was used, or is the only accepted scheme.
 */
function writeChallenges(
  parameters: ChallengeParameters,
  { schemes, algs }: RefusalSettings,
  used: Scheme | undefined,
): string | string[] {
  if (algs === undefined) return writeChallenge({ scheme: 'Bearer', parameters })
  const { realm, error, error_description, resource_metadata } = parameters
  const isUsed = (scheme: Scheme) => used === scheme || schemes.length === 1
  const challenges = {
    Bearer: used === 'DPoP' ? { realm, resource_metadata } : parameters,
    DPoP: isUsed('DPoP')
      ? { ...parameters, algs }
      : { ...(used === undefined && { error, error_description }), algs },
  }
  const lines = schemes.map((scheme) => writeChallenge({ scheme, parameters: challenges[scheme] }))
  return lines.length === 1 ? lines[0]! : (Object.freeze(lines) as string[])
}

/** Returns whole seconds (RFC 9110 section 10.2.3), at least 1: if the value is 0, clients retry immediately. */
function writeRetryAfter(seconds = 1): string {
  return String(Math.max(1, Math.ceil(seconds)))
}

/** Returns the body and its media type: from `errorBody` if it returned a body, otherwise the default. */
function writeBody(
  view: RefusalView,
  own: RefusalBody | undefined,
): { body: string; contentType: string } {
  ignoreRejection(own)
  const usual = { error: view.error, error_description: view.description }
  const body: unknown = own === undefined ? usual : getMember(own, 'body')
  const isText = typeof body === 'string'
  const text: unknown = typeof body === 'object' && body !== null ? JSON.stringify(body) : body
  if (typeof text !== 'string') {
    throw new TypeError(
      'errorBody must return undefined, or { body } with a string or an object. It cannot return a promise.',
    )
  }
  const contentType =
    (own && getMember(own, 'contentType')) ??
    (isText ? 'text/plain; charset=utf-8' : 'application/json')
  if (typeof contentType !== 'string' || !MEDIA_TYPE.test(contentType)) {
    throw new TypeError(
      'errorBody returned a contentType that is not a media type. Return a media type, such as application/problem+json.',
    )
  }
  return { body: text, contentType }
}
