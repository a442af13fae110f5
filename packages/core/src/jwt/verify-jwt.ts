import type { TrustedIssuer } from '../issuers/trusted-issuers.ts'
import { andThen, type MaybePromise } from '../maybe-promise.ts'
import { Rejection } from '../outcome/rejection.ts'
import type { SignatureVerifier } from '../signature/engine.ts'
import { checkAudience, checkClaimTypes } from './claims.ts'
import type { CompactJws } from './compact-jws.ts'
import { readHeader } from './header.ts'
import { checkTimes } from './time.ts'
import { checkTokenKind } from './token-type.ts'

/**
 * Verifies a JWT access token of a trusted issuer (RFC 9068 section 4, RFC 8725 section 3): header, key,
 * signature, and only then the claims, so that what is said about the claims of a forged token is
 * nothing. `now` gives seconds since the epoch.
 *
 * Does NOT check scopes, the subject, or whether the token has been revoked, and does not look at `cnf`.
 */
export function verifyJwt(
  jws: CompactJws,
  { settings, keys }: TrustedIssuer,
  now: () => number,
): MaybePromise<Rejection | undefined> {
  const hint = readHeader(jws.header, settings)
  if (hint instanceof Rejection) return hint
  return andThen(keys.verifiers(hint.algorithm, hint.kid), (verifiers) => {
    if (verifiers instanceof Rejection) return verifiers
    if (verifiers.length === 0) {
      return new Rejection('unknown_key', {
        check: 'kid',
        expected: `a key of ${settings.issuer} for ${hint.algorithm}`,
        found: hint.kid === undefined ? 'no kid, and no clear choice' : 'a kid that is not listed',
      })
    }
    return andThen(
      isSignedByOne(verifiers, jws),
      (signed) =>
        (signed ? undefined : forged(settings.issuer)) ??
        checkTokenKind(jws.claims, settings, jws.header['typ']) ??
        checkClaimTypes(jws.claims, settings) ??
        checkAudience(jws.claims, settings) ??
        checkTimes(jws.claims, settings, now()),
    )
  })
}

function isSignedByOne(
  [verifier, ...others]: readonly SignatureVerifier[],
  jws: CompactJws,
): MaybePromise<boolean> {
  if (verifier === undefined) return false
  return andThen(verifier(jws), (signed) => signed || isSignedByOne(others, jws))
}

function forged(issuer: string): Rejection {
  return new Rejection('invalid_signature', {
    check: 'signature',
    expected: `that of a key of ${issuer}`,
    found: 'another one',
  })
}
