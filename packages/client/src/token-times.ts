/** Times of the token life-cycle in seconds. */
export const TOKEN_TIMES = {
  /** Default of `renewBefore`: last part of the lifetime in which a token is renewed, as a fraction and with a maximum. */
  renewBefore: { part: 0.2, most: 300 },
  /** Last part of the lifetime in which a token is no longer returned, because it still has to reach the API. */
  leeway: { part: 0.05, most: 5 },
  /** Default of `defaultExpiresIn`: lifetime of a token if the response contains no usable `expires_in`. */
  defaultExpiresIn: 300,
  /** Maximum time for which a token is cached, even if `expires_in` is longer. */
  longestLifetime: 86_400,
  /** Backoff after failures: doubles from `first` to `last`. Each time is shortened at random by up to the fraction `jitter`. */
  pause: { first: 0.5, last: 30, jitter: 0.5 },
  /** Maximum backoff while no valid token is cached, except after an unusable 2xx response. */
  withoutToken: 5,
  /** Maximum of `Retry-After`. */
  retryAfter: 300,
  /** Minimum age at which a rejected token is replaced. A replacement of a younger token would probably be rejected, too. */
  tooYoung: 5,
} as const
