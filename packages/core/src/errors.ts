/**
 * Thrown when something is configured wrongly: by `createResourceServer`, by `guard` (and so by an
 * adapter's `requireToken`), by `authorize` (which takes requirements at every call), by `distrustKey`, and
 * where the environment is read. A guard that has been made never throws it. It names every problem at
 * once, each with its fix.
 */
export class ConfigurationError extends TypeError {
  override readonly name = 'ConfigurationError'
  readonly code = 'bearward_configuration'
  /** Not enumerable, because loggers and Node would print the list twice. */
  declare readonly problems: readonly string[]

  constructor(what: string, problems: readonly string[]) {
    super([`${what}:`, ...problems.map((problem) => `  - ${problem}`)].join('\n'))
    Object.defineProperty(this, 'problems', { value: Object.freeze([...problems]) })
  }
}

/**
 * The keys of an issuer cannot be had. `ready()` rejects with it; a request in the same situation is
 * answered with 503.
 */
export class KeysUnavailableError extends Error {
  override readonly name = 'KeysUnavailableError'
  readonly code = 'bearward_keys_unavailable'
  readonly issuer: string

  constructor(issuer: string, cause: unknown) {
    super(`The keys of ${issuer} cannot be had: ${toMessage(cause)}`, { cause })
    this.issuer = issuer
  }
}

/**
 * It cannot be found out where an issuer is asked about its tokens. `ready()` rejects with it; a request in the
 * same situation is answered with 503.
 */
export class IntrospectionUnavailableError extends Error {
  override readonly name = 'IntrospectionUnavailableError'
  readonly code = 'bearward_introspection_unavailable'
  readonly issuer: string

  constructor(issuer: string, detail: string, cause: unknown) {
    super(`The introspection endpoint of ${issuer} cannot be found: ${detail}`, { cause })
    this.issuer = issuer
  }
}

export function toMessage(error: unknown): string {
  return error instanceof Error ? error.message : 'something that is not an Error was thrown'
}
