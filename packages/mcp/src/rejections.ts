import {
  type Explanation,
  type McpReason,
  Rejection,
  type RejectionDetails,
} from '@bearward/core/internal-guards'

/** Advice for rejections whose explanation has exactly this text in `found`. */
interface AdviceRow {
  readonly found: string
  /** The place of the change, a colon, and the change to make. */
  readonly advice: string
}

/**
 * Advice by reason, on requests whose origin, body or operation is refused, and on API keys. The text at the end is used if no row
 * applies.
 */
export const ADVICE: Readonly<Record<McpReason, readonly [...AdviceRow[], string]>> = {
  malformed_body: [
    {
      found: 'a body',
      advice: 'In the client: send no body with GET, HEAD, DELETE and OPTIONS.',
    },
    'In the client: send one JSON text in UTF-8 as the body of the request, without Content-Encoding.',
  ],
  header_mismatch: [
    'In the client or a proxy: write the method of the body into the header Mcp-Method, and the name of the operation into Mcp-Name. Send each header in one line.',
  ],
  unsupported_protocol: [
    "In the client: use a newer version of the protocol. To accept older versions, set legacy: 'accept' in the options of the guard.",
  ],
  body_too_large: [
    'In the client: send a smaller body. If such bodies are usual, raise bodyLimit in the options of the guard.',
  ],
  invalid_api_key: [
    'In the client: use a valid API key. The function apiKeys.verify of this API did not return an owner for the key, or the key has expired.',
  ],
  api_key_unavailable: [
    'In your code: make apiKeys.verify return an owner or undefined within one second. The function threw an error, returned another value, or did not return in time.',
  ],
  wrong_origin: [
    'In the options of the guard: if pages of this origin may call this server, add the origin to origins.',
  ],
  unlisted_operation: [
    {
      found: 'an operation that cannot be read',
      advice:
        'In the client: send JSON-RPC messages with a method, and with the name or the URI of the operation in params.',
    },
    'In the options of the guard: if callers may use this operation, list it in tools, prompts or resources.',
  ],
}

/** Returns a rejection with its advice. */
export function reject(
  reason: McpReason,
  explanation: Explanation,
  details: RejectionDetails = {},
): Rejection {
  const rows: readonly (AdviceRow | string)[] = ADVICE[reason]
  const row = rows.find((one) => typeof one === 'string' || one.found === explanation.found)!
  const advice = typeof row === 'string' ? row : row.advice
  return new Rejection(reason, explanation, { ...details, advice })
}
