export const ISSUER = 'https://as.example.com'
export const AUDIENCE = 'https://api.example.com/v1'

/** Claims that every contestant checks, in addition to the signature and the times. */
export interface Expected {
  readonly issuer: string
  readonly audience: string
}

/** Validity period of a token, in seconds since the epoch. */
export interface Times {
  readonly issuedAt: number
  readonly expiresAt: number
}

/**
 * Age of each token in seconds. A token of this age was issued long before the last fetch of the keys. So a forged token gets
 * 401, even in the pause between two fetches.
 */
const AGE = 600

/** Creates the times of a token that was issued ten minutes ago and is valid for `seconds` from now on. */
export function createTimes(seconds: number): Times {
  const now = Math.floor(Date.now() / 1000)
  return { issuedAt: now - AGE, expiresAt: now + seconds }
}

/**
 * Creates the claims of an RFC 9068 access token, as a common authorization server issues them. Their
 * length is the same for every `index` below ten million.
 */
export function createClaims(index: number, times: Times): Record<string, unknown> {
  const number = String(index).padStart(12, '0').slice(-12)
  return {
    iss: ISSUER,
    sub: `c0ffee00-0000-4000-8000-${number}`,
    aud: [AUDIENCE, `${ISSUER}/userinfo`],
    exp: times.expiresAt,
    iat: times.issuedAt,
    nbf: times.issuedAt,
    jti: `7b1f4d5e-0000-4000-9000-${number}`,
    client_id: '5e4f3d2c-1b0a-4987-8654-3210fedcba98',
    scope: 'openid profile email read:reports write:reports',
    auth_time: times.issuedAt,
    acr: 'urn:example:loa:2',
    amr: ['pwd', 'otp'],
  }
}
