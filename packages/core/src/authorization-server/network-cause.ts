/** Error codes of the system and of the `fetch` of Node for a connection that the server closed. */
const RESETS: readonly unknown[] = ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']

/** Messages of errors that the `fetch` of Node throws without an error code, and the text that is shown for each. */
const MESSAGES: Readonly<Record<string, string>> = {
  'bad port': 'bad port: fetch does not call this port',
}

/** Maximum number of nested causes that are read. */
const DEPTH = 3

/** Returns whether a call failed because the server closed the connection. */
export function isReset(error: unknown): boolean {
  return RESETS.includes(describeCause(error))
}

/**
 * Returns the cause of a failed call: an error code of the system or of TLS, or a fixed text for a known message. `fetch`
 * puts the code in the `cause` of its error. Never returns the message of an error, because it can contain secrets.
 */
export function describeCause(error: unknown, depth = DEPTH): string | undefined {
  if (typeof error !== 'object' || error === null || depth === 0) return undefined
  const { code, message, cause } = error as Record<string, unknown>
  if (typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,60}$/.test(code)) return code
  const isKnown = typeof message === 'string' && Object.hasOwn(MESSAGES, message)
  return isKnown ? MESSAGES[message] : describeCause(cause, depth - 1)
}

/**
 * Describes a value that a function of the application has thrown. Shows an error code or the name of the class, and never the
 * message. Never throws, even for an error whose members throw when they are read.
 */
export function describeThrown(error: unknown): string {
  try {
    const shown = describeCause(error) ?? getClassName(error)
    if (shown !== undefined) return `an error (${shown})`
  } catch {}
  return 'an error'
}

function getClassName(error: unknown): string | undefined {
  const name: unknown = error instanceof Error ? error.name : undefined
  const isShown = typeof name === 'string' && name !== 'Error' && /^[A-Z][A-Za-z]{1,40}$/.test(name)
  return isShown ? name : undefined
}
