import { writeChallenge } from './challenge.ts'
import type { Refused } from './outcome.ts'
import { REASONS, type ReasonText } from './reasons.ts'
import type { Rejection } from './rejection.ts'

/** What `onRefused` is told: the same that the caller is told, and the reason. */
export interface RefusalView {
  readonly reason: Refused['reason']
  readonly status: number
  /** As in the default body. */
  readonly error: string
  readonly description: string
}

/** A response body of one's own. Status, challenge and the other headers stay as they are. */
export interface RefusalBody {
  /** A string is sent as it is, an object as JSON. */
  readonly body: string | Readonly<Record<string, unknown>>
  /** Default: `application/json` for an object, `text/plain; charset=utf-8` for a string. */
  readonly contentType?: string
}

/** In bodies, where RFC 6750 gives no error code, the status speaks for itself. */
const STATUS_ERROR = {
  400: 'invalid_request',
  401: 'unauthorized',
  403: 'forbidden',
  503: 'temporarily_unavailable',
} as const

const MEDIA_TYPE = /^[\w.+-]+\/[\w.+-]+(?:; ?[\w-]+=[\w.+-]+)*$/

/**
 * Turns a failed check into the finished response: status and challenge of RFC 6750 section 3, a fixed
 * JSON body, never cached. A fault that is not the caller's gets `Retry-After` and no challenge.
 */
export function refuse(
  rejection: Rejection,
  realm: string,
  scope: string | undefined,
  bodyOf?: (refusal: RefusalView) => RefusalBody | undefined,
): Refused {
  const { status, error, description }: ReasonText = REASONS[rejection.reason]
  const view: RefusalView = {
    reason: rejection.reason,
    status,
    error: error ?? STATUS_ERROR[status],
    description,
  }
  const { body, contentType } = writeBody(view, bodyOf?.(view))
  const headers: Record<string, string> = {
    'Cache-Control': 'no-store',
    'Content-Type': contentType,
  }
  if (status === 503)
    headers['Retry-After'] = String(Math.max(1, Math.ceil(rejection.retryAfter ?? 1)))
  else {
    headers['WWW-Authenticate'] = writeChallenge({
      realm,
      error,
      error_description: error && description,
      scope: status === 401 || error === 'insufficient_scope' ? scope : undefined,
    })
  }
  return Object.freeze({
    kind: 'refused',
    reason: rejection.reason,
    explanation: rejection.explanation,
    status,
    headers: Object.freeze(headers),
    body,
  })
}

function writeBody(
  view: RefusalView,
  own: RefusalBody | undefined,
): { body: string; contentType: string } {
  const usual = { error: view.error, error_description: view.description }
  const body: unknown = own === undefined ? usual : own.body
  const isText = typeof body === 'string'
  const text: unknown = typeof body === 'object' && body !== null ? JSON.stringify(body) : body
  if (typeof text !== 'string') {
    throw new TypeError(
      'onRefused must return nothing, or at once a body that is text or an object.',
    )
  }
  const contentType =
    own?.contentType ?? (isText ? 'text/plain; charset=utf-8' : 'application/json')
  if (!MEDIA_TYPE.test(contentType)) {
    throw new TypeError('onRefused returned a contentType that is not a media type.')
  }
  return { body: text, contentType }
}
