import type { TrustedIssuer } from '../issuers/trusted-issuers.ts'
import { checkTimes } from '../jwt/time.ts'
import { isStillSigned, type SignedBy } from '../jwt/verify-jwt.ts'
import { andThen, type MaybePromise } from '../maybe-promise.ts'
import type { AccessToken } from '../token/access-token.ts'

/** That a JWT was found good, and by which key. */
export interface Verdict {
  readonly token: AccessToken
  readonly issuer: TrustedIssuer
  readonly signedBy: SignedBy
}

/**
 * Whether what was found good then is good now: signed by a key that the issuer still lists and nobody
 * distrusts, and in its time. Everything else that was judged cannot change. `now` gives seconds since the
 * epoch.
 */
export function stillHolds(
  { token, issuer, signedBy }: Verdict,
  now: () => number,
): MaybePromise<boolean> {
  return andThen(
    isStillSigned(signedBy, issuer),
    (signed) => signed === true && checkTimes(token.claims, issuer.settings, now()) === undefined,
  )
}
