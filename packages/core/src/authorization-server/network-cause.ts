/** Codes that say that the other side has closed the connection: the system, and the `fetch` of Node. */
const RESETS: readonly unknown[] = ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']

/** Messages of the `fetch` of Node that come without a code, and the texts for them. */
const MESSAGES: Readonly<Record<string, string>> = {
  'bad port': 'bad port: fetch does not call this port',
}

/** Errors inside each other that are looked at. */
const DEPTH = 3

/** Returns whether a call failed because the other side closed the connection. */
export function isReset(error: unknown): boolean {
  return RESETS.includes(describeCause(error))
}

/**
 * Returns why a call failed: the code of the system or of TLS, which `fetch` hides in the cause of its error, or a fixed
 * text for a known message. Never the message of an error, which can contain anything.
 */
export function describeCause(error: unknown, depth = DEPTH): string | undefined {
  if (typeof error !== 'object' || error === null || depth === 0) return undefined
  const { code, message, cause } = error as Record<string, unknown>
  if (typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,60}$/.test(code)) return code
  const isKnown = typeof message === 'string' && Object.hasOwn(MESSAGES, message)
  return isKnown ? MESSAGES[message] : describeCause(cause, depth - 1)
}
