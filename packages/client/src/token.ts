/** Type of a token: the scheme with which it is sent. */
export type TokenType = 'Bearer' | 'DPoP'

/** Access token. The object is frozen. Its value does not appear if the object is printed, logged or copied. */
export interface Token {
  /**
   * The token itself. In the `Authorization` header, it follows `type` and a space. Do not use it in other places, such as URLs.
   * A token of the type `DPoP` also requires a proof: `source.headers` returns both header fields.
   */
  readonly value: string
  /** Token type and scheme: `'DPoP'` if the option `dpop` binds the token to a key (RFC 9449), otherwise `'Bearer'`. */
  readonly type: TokenType
  /** Expiry in seconds since the epoch, by the local clock; `undefined` if the server does not report it. */
  readonly expiresAt: number | undefined
  /** Granted scopes. If the server does not report them, this array contains the requested scopes (RFC 6749 section 5.1). */
  readonly scopes: readonly string[]
  /** Scopes that were requested but not granted. */
  readonly missingScopes: readonly string[]
}

/**
 * Token of a token response. The value is in a private field, so that it is not visible if the object is copied or its
 * members are printed.
 */
export class GrantedToken implements Token {
  readonly #value: string
  readonly type: TokenType
  readonly expiresAt: number | undefined
  readonly scopes: readonly string[]
  readonly missingScopes: readonly string[]

  constructor(
    type: TokenType,
    value: string,
    expiresAt: number | undefined,
    scopes: readonly string[],
    missingScopes: readonly string[],
  ) {
    this.type = type
    this.#value = value
    this.expiresAt = expiresAt
    this.scopes = Object.freeze([...scopes])
    this.missingScopes = Object.freeze([...missingScopes])
    Object.freeze(this)
  }

  get value(): string {
    return this.#value
  }

  /** Returns a placeholder, so that a template string does not reveal the token. */
  toString(): string {
    return '[access token]'
  }

  /** Returns the members that `util.inspect` of Node prints, unless its option `customInspect` is `false`. */
  [Symbol.for('nodejs.util.inspect.custom')](): object {
    const { type, expiresAt, scopes, missingScopes } = this
    return { type, expiresAt, scopes, missingScopes }
  }
}

// With `customInspect: false`, `showHidden` and `getters`, `util.inspect` calls the getters of a class, but not the getters of a
// built-in class. Node detects a built-in class by the name of its constructor.
Object.defineProperty(GrantedToken.prototype, 'constructor', { value: Object })
