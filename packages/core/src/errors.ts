/**
 * Thrown if the configuration is wrong. Lists every problem, each with its fix. Examples of functions that throw this error:
 *
 * - `createResourceServer` and `createBearward`, for wrong options
 * - `guard`, `authorize` and `requireToken`, for wrong requirements
 * - `distrustKey` and `forgetIssuer`, for a wrong issuer or a wrong thumbprint
 * - `optionsFromEnv`, `resourceServerFromEnv` and the stand-alone `requireToken`, for wrong environment variables
 *
 * A call of a guard does not throw this error, with one exception. In runtimes that import keys asynchronously, a guard and
 * `ready()` reject with this error if a key of the option `jwks` cannot be used.
 *
 * @example
 * try {
 *   createResourceServer(options)
 * } catch (error) {
 *   if (error instanceof ConfigurationError) console.error(error.problems)
 *   throw error
 * }
 */
export class ConfigurationError extends TypeError {
  override readonly name = 'ConfigurationError'
  readonly code = 'bearward_configuration'
  /** The problems, one text each. Not enumerable, because loggers and Node would print the list twice. */
  declare readonly problems: readonly string[]

  constructor(what: string, problems: readonly string[]) {
    super([`${what}:`, ...problems.map((problem) => `  - ${problem}`)].join('\n'))
    Object.defineProperty(this, 'problems', { value: Object.freeze([...problems]) })
  }
}

/**
 * Error of `ready()` if the keys of an issuer are unavailable. A request in the same situation gets 503.
 *
 * @example
 * await server.ready().catch((error: unknown) => {
 *   if (error instanceof KeysUnavailableError) console.warn(error.issuer, error.message)
 *   else throw error
 * })
 */
export class KeysUnavailableError extends Error {
  override readonly name = 'KeysUnavailableError'
  readonly code = 'bearward_keys_unavailable'
  readonly issuer: string

  constructor(issuer: string, cause: unknown) {
    super(
      `The keys of ${issuer} are unavailable: ${toMessage(cause)}. Unless close() was called, check issuer, jwksUri and the connection to the authorization server.`,
      { cause },
    )
    this.issuer = issuer
  }
}

/**
 * Error of `ready()` if discovery does not find the introspection endpoint of an issuer. A request in the same situation
 * gets 503.
 */
export class IntrospectionUnavailableError extends Error {
  override readonly name = 'IntrospectionUnavailableError'
  readonly code = 'bearward_introspection_unavailable'
  readonly issuer: string

  constructor(issuer: string, detail: string, cause: unknown) {
    super(
      `The introspection endpoint of ${issuer} is unavailable: ${detail}. Check issuer, or set introspection.endpoint.`,
      { cause },
    )
    this.issuer = issuer
  }
}

/** Returns the message of an error, or a fixed text for any other value. */
export function toMessage(error: unknown): string {
  return error instanceof Error ? error.message : 'something that is not an Error was thrown'
}
