import { Rejection } from '@bearward/core/internal-guards'
import { ERROR_CODES, type MessageId, MODERN_VERSION, toErrorBody } from './protocol.ts'
import { reject } from './rejections.ts'

/** A rejection, and the body that JSON-RPC prescribes for it. */
export interface Refusal {
  readonly rejection: Rejection
  /** `undefined`: the usual body of a refusal. */
  readonly protocolBody?: string
}

/** Returns the refusal of an operation that needs a token, for a caller without a token. */
export function needsToken(): Refusal {
  const explanation = { check: 'Authorization', expected: 'an access token', found: 'nothing' }
  return { rejection: new Rejection('no_credentials', explanation) }
}

/** Returns the refusal of a body that cannot be read. */
export function unreadableBody(rejection: Rejection): Refusal {
  if (rejection.reason !== 'malformed_body') return { rejection }
  return { rejection, protocolBody: toErrorBody(ERROR_CODES.parseError, 'Parse error', null) }
}

/** Returns the refusal of a body in a request that cannot have a body. A later handler could execute this body. */
export function unexpectedBody(): Refusal {
  const rejection = reject('malformed_body', {
    check: 'body',
    expected: 'no body for this method of HTTP',
    found: 'a body',
  })
  const protocolBody = toErrorBody(ERROR_CODES.invalidRequest, 'Invalid Request', null)
  return { rejection, protocolBody }
}

/** Returns the refusal of a request whose headers differ from its body. */
export function differentHeaders(rejection: Rejection, id: MessageId): Refusal {
  const protocolBody = toErrorBody(ERROR_CODES.headerMismatch, 'Header mismatch', id)
  return { rejection, protocolBody }
}

/** Returns the refusal of a request of an older version, or of a batch. `requested` is the version that the request names. */
export function olderVersion(requested: string, id: MessageId): Refusal {
  const rejection = reject('unsupported_protocol', {
    check: 'body',
    expected: `a request of ${MODERN_VERSION} or later`,
    found: 'an older request or a batch',
  })
  const text = 'Unsupported protocol version'
  const data = { supported: [MODERN_VERSION], requested }
  return { rejection, protocolBody: toErrorBody(ERROR_CODES.unsupportedVersion, text, id, data) }
}

/** Returns the refusal of an operation that is not listed. `operation` is its kind, or `unreadable`. */
export function unlisted(operation: string): Refusal {
  const found =
    operation === 'unreadable'
      ? 'an operation that cannot be read'
      : `a ${operation} that is not listed`
  const expected = 'an operation that the options list'
  return { rejection: reject('unlisted_operation', { check: 'body', expected, found }) }
}
