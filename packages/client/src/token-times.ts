/** Times of the token life-cycle, in seconds. Those that are options are the defaults. */
export const TOKEN_TIMES = {
  /** Default of `renewBefore`: part of the lifetime before the expiry at which a token is renewed, and its maximum. */
  renewBefore: { part: 0.2, most: 300 },
  /** Time before the expiry at which a token is no longer returned, because it still has to reach the API. */
  leeway: { part: 0.05, most: 5 },
  /** Default of `defaultExpiresIn`: lifetime of a token whose response contains no usable `expires_in`. */
  defaultExpiresIn: 300,
  /** Maximum time that a token is cached, whatever `expires_in` says. */
  longestLifetime: 86_400,
  /** Backoff after failed attempts: doubles from `first` to `last`, each shortened at random by up to `jitter`. */
  pause: { first: 0.5, last: 30, jitter: 0.5 },
  /** Maximum backoff while no valid token is cached. */
  withoutToken: 5,
  /** Maximum of `Retry-After`. */
  retryAfter: 300,
  /** Minimum age of a rejected token to be replaced. A new token would be rejected for the same reason. */
  tooYoung: 5,
} as const
