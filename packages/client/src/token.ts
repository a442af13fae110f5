/** What a token source gives. Frozen. Nothing that prints, logs or copies objects shows its value. */
export interface Token {
  /** The token itself. Put it into an `Authorization` header, and nowhere else. */
  readonly value: string
  /** The only type there is. Tokens that are bound to a key (DPoP) would be another. */
  readonly type: 'Bearer'
  /** Seconds since the epoch by this machine's clock; `undefined` where the server does not say. */
  readonly expiresAt: number | undefined
  /** What was granted: where the server does not say, what was asked for (RFC 6749 section 5.1). */
  readonly scopes: readonly string[]
  /** What was asked for and not granted. */
  readonly missingScopes: readonly string[]
}

/** A token as it was granted. The value is no property of the object, so that whoever looks at it sees none. */
export class GrantedToken implements Token {
  readonly #value: string
  readonly type = 'Bearer'
  readonly expiresAt: number | undefined
  readonly scopes: readonly string[]
  readonly missingScopes: readonly string[]

  constructor(
    value: string,
    expiresAt: number | undefined,
    scopes: readonly string[],
    missingScopes: readonly string[],
  ) {
    this.#value = value
    this.expiresAt = expiresAt
    this.scopes = Object.freeze([...scopes])
    this.missingScopes = Object.freeze([...missingScopes])
    Object.freeze(this)
  }

  get value(): string {
    return this.#value
  }

  /** A token that slips into a text does not slip out with it. */
  toString(): string {
    return '[access token]'
  }

  /** What Node prints, whatever it is told to show. */
  [Symbol.for('nodejs.util.inspect.custom')](): object {
    const { type, expiresAt, scopes, missingScopes } = this
    return { type, expiresAt, scopes, missingScopes }
  }
}
