import { ignoreRejection } from '../lib/ignore-rejection.ts'
import { getMember, ownMembers } from '../lib/objects.ts'
import { type ChallengeParameters, writeChallenge } from './challenge.ts'
import { type Reason, REASONS, type ReasonText } from './reasons.ts'
import type { Explanation, Rejection } from './rejection.ts'

/** Header fields of a response by canonical name. A field with several lines has an array of values. */
export type ResponseHeaders = Readonly<Record<string, string | readonly string[]>>

/** The caller may not pass. Holds the complete response: an adapter only writes it. */
export interface Refused {
  readonly kind: 'refused'
  readonly reason: Reason
  /** For the log of the server. Never part of the response, and left out by `JSON.stringify`. */
  readonly explanation: Explanation
  readonly status: number
  /** Values are safe to write into a header. */
  readonly headers: ResponseHeaders
  readonly body: string
}

/** The argument of `errorBody`: the default answer, and the reason. */
export interface RefusalView {
  readonly reason: Reason
  readonly status: number
  /** As in the default body. */
  readonly error: string
  readonly description: string
}

/** A response body of the application. Status, challenge and the other headers stay as they are. */
export interface RefusalBody {
  /** A string is sent as it is, an object as JSON. */
  readonly body: string | Readonly<Record<string, unknown>>
  /** Default: `application/json` for an object, `text/plain; charset=utf-8` for a string. */
  readonly contentType?: string
  /** Cannot be set: the status follows from the reason. */
  readonly status?: never
  /** Cannot be set: the challenge and the other header fields follow from the reason. */
  readonly headers?: never
}

/** The parts of a refusal that are configured. */
export interface RefusalSettings {
  readonly realm: string
  readonly errorBody:
    | ((refusal: RefusalView, request: object | undefined) => RefusalBody | undefined)
    | undefined
  /** Called with the members of the result of `errorBody` that have no effect. */
  readonly reportIgnored: (members: readonly string[]) => void
}

/** The `error` of a body where RFC 6750 has no error code. */
const STATUS_ERROR = {
  400: 'invalid_request',
  401: 'unauthorized',
  403: 'forbidden',
  503: 'temporarily_unavailable',
} as const

const MEDIA_TYPE = /^[\w.+-]+\/[\w.+-]+(?:; ?[\w-]+=[\w.+-]+)*$/

/**
 * Turns a rejection into the complete response: status and challenge of RFC 6750 section 3, and a fixed JSON
 * body that is never cached. A fault that is not the caller's gets `Retry-After` and no challenge.
 * `required` are the parameters that tell a client what to request for this route: a 401 has them. `request` is the
 * request of the framework, for `errorBody`.
 *
 * Throws a `TypeError` if `errorBody` returns something else than a body.
 */
export function refuse(
  rejection: Rejection,
  { realm, errorBody, reportIgnored }: RefusalSettings,
  required: ChallengeParameters = {},
  request?: object,
): Refused {
  const { reason, explanation } = rejection
  const { status, error, description }: ReasonText = REASONS[reason]
  const view: RefusalView = { reason, status, error: error ?? STATUS_ERROR[status], description }
  const own = errorBody?.(view, request)
  const { body, contentType } = writeBody(view, own)
  const ignored = Object.keys(own ?? {}).filter((name) => !['body', 'contentType'].includes(name))
  if (ignored.length > 0) reportIgnored(ignored)
  const headers: Record<string, string | readonly string[]> = {
    'Cache-Control': 'no-store',
    'Content-Type': contentType,
  }
  if (status === 503) headers['Retry-After'] = writeRetryAfter(rejection.retryAfter)
  else {
    headers['WWW-Authenticate'] = writeChallenges({
      realm,
      error,
      error_description: error && description,
      ...(status === 401 && required),
      ...rejection.challenge,
    })
  }
  const answer = { kind: 'refused', reason, status, headers: Object.freeze(headers), body } as const
  const refused = { ...answer, explanation }
  // Whoever returns an outcome as JSON must not send the explanation to the caller.
  Object.defineProperty(refused, 'toJSON', ownMembers({ value: () => answer }))
  return Object.freeze(refused)
}

/** One line for each scheme that the API accepts. */
function writeChallenges(parameters: ChallengeParameters): string | readonly string[] {
  const lines = [{ scheme: 'Bearer', parameters } as const].map(writeChallenge)
  return lines.length === 1 ? lines[0]! : Object.freeze(lines)
}

/** RFC 9110 section 10.2.3: whole seconds. Never 0, which would ask for a retry at once. */
function writeRetryAfter(seconds = 1): string {
  return String(Math.max(1, Math.ceil(seconds)))
}

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
      'errorBody must return at once: nothing, or { body } with a string or an object.',
    )
  }
  const contentType =
    (own && getMember(own, 'contentType')) ??
    (isText ? 'text/plain; charset=utf-8' : 'application/json')
  if (typeof contentType !== 'string' || !MEDIA_TYPE.test(contentType)) {
    throw new TypeError('errorBody returned a contentType that is not a media type.')
  }
  return { body: text, contentType }
}
