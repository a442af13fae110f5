import type { IssuerSettings } from '../issuers/issuer-settings.ts'
import { isIssuerOrTenant } from '../authorization-server/tenants.ts'
import type { VerifyingKey } from '../keys/key-set.ts'
import type { KeySource } from '../keys/key-source.ts'
import { LIMITS } from '../limits.ts'
import { andThen, type MaybePromise } from '../maybe-promise.ts'
import { Rejection } from '../outcome/rejection.ts'
import { checkAudience, checkClaimTypes, requiredClaims } from './claims.ts'
import type { CompactJws } from './compact-jws.ts'
import { type KeyHint, readHeader } from './header.ts'
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
  issuer: Signer,
  now: () => number,
): MaybePromise<Rejection | undefined> {
  const { settings } = issuer
  const hint = readHeader(jws.header, settings)
  if (hint instanceof Rejection) return hint
  return andThen(
    verifySignature(jws, hint, issuer),
    (rejection) =>
      rejection ??
      checkTokenKind(jws.claims, settings, jws.header['typ']) ??
      checkClaimTypes(jws.claims, settings, requiredClaims(settings)) ??
      checkAudience(jws.claims, settings) ??
      checkTimes(jws.claims, settings, now()),
  )
}

/** Who signs, and with which keys. */
export interface Signer {
  readonly settings: IssuerSettings
  readonly keys: KeySource
}

/** Verifies that one of the issuer's own keys has signed. Nothing is said about what it has signed. */
export function verifySignature(
  jws: CompactJws,
  hint: KeyHint,
  { settings, keys }: Signer,
): MaybePromise<Rejection | undefined> {
  const { algorithm, kid } = hint
  const isOwn = (key: VerifyingKey) =>
    key.issuer === undefined || isIssuerOrTenant(key.issuer, settings.issuer)
  return andThen(keys.find(algorithm, kid), (listed) => {
    if (listed instanceof Rejection) return listed
    const found = listed.filter(isOwn)
    if (found.length === 0 || found.length > LIMITS.keysTried)
      return unlisted(hint, settings.issuer)
    return andThen(isSignedByOne(found, jws), (known) => {
      if (known === true) return undefined
      return andThen(keys.findChanged(algorithm, kid, found), (changed) => {
        if (changed instanceof Rejection) return changed
        const others = changed.filter(isOwn).slice(0, LIMITS.keysTried)
        return andThen(isSignedByOne(others, jws), (genuine) =>
          genuine === true ? undefined : forged(settings.issuer),
        )
      })
    })
  })
}

/** Nothing but `true` is a yes: not a promise either that came disguised. */
function isSignedByOne(
  [key, ...others]: readonly VerifyingKey[],
  jws: CompactJws,
): MaybePromise<boolean> {
  if (key === undefined) return false
  return andThen(key.verify(jws), (signed) => signed === true || isSignedByOne(others, jws))
}

function unlisted({ algorithm, kid }: KeyHint, issuer: string): Rejection {
  return new Rejection('unknown_key', {
    check: 'kid',
    expected: `a key of ${issuer} for ${algorithm}`,
    found: kid === undefined ? 'no kid, and no clear choice' : 'a kid that is not listed',
  })
}

function forged(issuer: string): Rejection {
  return new Rejection('invalid_signature', {
    check: 'signature',
    expected: `that of a key of ${issuer}`,
    found: 'another one',
  })
}
