import type { AccessToken } from '@bearward/core'
import { type GuardParts, Itself } from '@bearward/core/internal-guards'

/** Description of a caller for handlers of the official SDKs. It has the same members as `AuthInfo` of the SDKs. */
export interface AuthInfo {
  /**
   * The SHA-256 hash of the token or of the API key. The hash is in base64url. If the option `exposeToken` is `true`, the token or
   * the API key itself.
   */
  token: string
  /** The client to which the token was issued. An empty text if the token names no client. */
  clientId: string
  scopes: string[]
  /** Seconds since the epoch. For an opaque token without `exp`, a time that the guard calculates from `introspection.maxAge`. */
  expiresAt?: number
  /** The option `resource`. */
  resource?: URL
  extra: {
    readonly issuer: string
    readonly subject: AccessToken['subject']
    readonly claims: AccessToken['claims']
  }
}

/** Keeps an access token in the `authInfo` that `createAuthInfo` creates from it. */
class WithToken extends Itself {
  readonly #token: AccessToken

  private constructor(info: object, token: AccessToken) {
    super(info)
    this.#token = token
  }

  /** Adds the token to an `authInfo`. Returns the same object. */
  static add(info: AuthInfo, token: AccessToken): AuthInfo {
    return new WithToken(info, token) as unknown as AuthInfo
  }

  static find(info: unknown): AccessToken | undefined {
    return typeof info === 'object' && info !== null && #token in info ? info.#token : undefined
  }
}

/** Creates the description of a caller for the SDKs. `shown` is the token or its hash. */
export function createAuthInfo(
  token: AccessToken,
  shown: string,
  server: Pick<GuardParts, 'clock' | 'resource' | 'getIntrospectionAge'>,
): AuthInfo {
  const { issuer, subject, claims, clientId, scopes } = token
  const { resource } = server
  const expiresAt = getExpiry(token, server)
  const info: AuthInfo = {
    token: shown,
    clientId: clientId ?? '',
    scopes: [...scopes],
    ...(expiresAt !== undefined && { expiresAt }),
    ...(resource !== undefined && { resource: new URL(resource) }),
    extra: { issuer, subject, claims },
  }
  return WithToken.add(info, token)
}

/**
 * Returns the time until which the SDKs may use a token, in seconds since the epoch. The SDKs refuse a token without this time.
 * An opaque token without `exp` gets the time at which an introspection response that arrives now would be too old.
 */
function getExpiry(
  { expiresAt, verifiedBy, issuer }: AccessToken,
  { clock, getIntrospectionAge }: Pick<GuardParts, 'clock' | 'getIntrospectionAge'>,
): number | undefined {
  if (expiresAt !== undefined || verifiedBy !== 'introspection') return expiresAt
  return Math.ceil(clock.now() / 1000) + Math.max(1, getIntrospectionAge(issuer))
}

/**
 * Returns the access token from which a guard has created an `authInfo`.
 *
 * @throws {TypeError} if no guard has created this object, for example if it is a copy of an `authInfo`
 * @example
 * const { subject } = getAccessToken(extra.authInfo)
 */
export function getAccessToken(authInfo: object | undefined): AccessToken {
  const token = WithToken.find(authInfo)
  if (token !== undefined) return token
  throw new TypeError(
    'Pass the authInfo that the guard has created, not a copy of it. For an anonymous caller, there is no authInfo.',
  )
}

/** Returns the access token of a caller. `caller` is an `authInfo`, or the access token itself. */
export function toAccessToken(
  caller: Pick<AuthInfo, 'token' | 'clientId' | 'scopes'> | AccessToken,
): AccessToken {
  return 'verifiedBy' in caller ? caller : getAccessToken(caller)
}
