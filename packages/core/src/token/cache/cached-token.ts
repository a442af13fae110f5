import type { Binding } from '../../binding/confirmation.ts'
import { andThen, type MaybePromise } from '../../lib/maybe-promise.ts'
import type { AccessToken } from '../../model/access-token.ts'
import { checkTimes } from '../jwt/times.ts'
import { isStillSigned, type SignedBy } from '../jwt/verify-jwt.ts'
import type { TrustedIssuer } from '../trusted-issuers.ts'

/** A verified JWT with its required binding and its signing key. */
export interface CachedToken {
  readonly token: AccessToken
  readonly binding: Binding
  readonly issuer: TrustedIssuer
  readonly signedBy: SignedBy
}

/**
 * Returns whether a verified token is still valid. Its key must still be listed and not distrusted, and its times must
 * still be valid. No other property of a verified token can change. `now` returns seconds since the epoch.
 */
export function isStillValid(
  { token, issuer, signedBy }: CachedToken,
  now: () => number,
): MaybePromise<boolean> {
  return andThen(
    isStillSigned(signedBy, issuer),
    (signed) => signed === true && checkTimes(token.claims, issuer.settings, now()) === undefined,
  )
}
