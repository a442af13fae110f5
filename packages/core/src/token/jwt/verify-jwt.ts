import type { IssuerSettings } from '../../model/settings.ts'
import { isIssuerOrTenant } from '../../authorization-server/tenants.ts'
import type { VerifyingKey } from '../../keys/key-set.ts'
import type { KeySource } from '../../keys/key-source.ts'
import { LIMITS } from '../../limits.ts'
import { andThen, type MaybePromise } from '../../lib/maybe-promise.ts'
import { Rejection, showClaimed } from '../../response/rejection.ts'
import { checkAudience, checkClaimTypes, requiredClaims } from './claims.ts'
import { toRejectedToken } from '../rejected-token.ts'
import type { CompactJws } from './compact-jws.ts'
import { type KeyHint, readHeader } from './jose-header.ts'
import { checkTimes } from './times.ts'
import { checkTokenKind, saysAccessToken } from './token-type.ts'

/** The key that has signed: the header's choice, and the key that it came to (RFC 7638; a secret has none). */
export interface SignedBy extends KeyHint {
  readonly thumbprint: string
}

/**
 * Verifies a JWT access token of a trusted issuer (RFC 9068 section 4, RFC 8725 section 3): header, key,
 * signature, and only then the claims, so that no answer or event says which claim of a forged token is wrong. Only
 * whether a token of no known key gets 401 or 503 depends on its claims. `now` gives seconds since the epoch.
 *
 * Does NOT check scopes, the subject, or whether the token has been revoked, and does not look at `cnf`.
 */
export function verifyJwt(
  jws: CompactJws,
  issuer: Signer,
  now: () => number,
): MaybePromise<SignedBy | Rejection> {
  const { settings } = issuer
  const hint = readHeader(jws.header, settings)
  if (hint instanceof Rejection) return hint
  const isRuledOut = () => checkClaims(jws, settings, now()) !== undefined
  return andThen(verifySignature(jws, hint, issuer, isRuledOut), (signedBy) => {
    if (signedBy instanceof Rejection) return signedBy
    const rejection = checkClaims(jws, settings, now())
    return rejection?.with({ token: toRejectedToken(jws, settings, 'jwt') }) ?? signedBy
  })
}

/** The claims of a JWT, whoever has signed it. `now` are seconds since the epoch. */
export function checkClaims(
  { header, claims }: CompactJws,
  settings: IssuerSettings,
  now: number,
): Rejection | undefined {
  return (
    checkTokenKind(claims, settings, saysAccessToken(header['typ'])) ??
    checkClaimTypes(claims, settings, requiredClaims(settings)) ??
    checkAudience(claims, settings, settings) ??
    checkTimes(claims, settings, now)
  )
}

/** An issuer that signs, and its keys. */
export interface Signer {
  readonly settings: IssuerSettings
  readonly keys: KeySource
}

/**
 * Verifies that one of the issuer's own keys has signed. Nothing is said about what it has signed. `isRuledOut`: see
 * `KeyQuery`.
 */
export function verifySignature(
  jws: CompactJws,
  hint: KeyHint,
  issuer: Signer,
  isRuledOut: () => boolean = () => false,
): MaybePromise<SignedBy | Rejection> {
  const { algorithm, kid } = hint
  const { settings } = issuer
  const search = issuer.keys.search({
    algorithm,
    kid,
    choose: (listed) => candidates(listed, issuer),
    issuedAt: readIssuedAt(jws, settings),
    isRuledOut,
  })
  let hasTried = false

  /** A token of a distrusted key is refused before another key is looked for. */
  function unlessDistrusted(
    next: () => MaybePromise<SignedBy | Rejection>,
  ): MaybePromise<SignedBy | Rejection> {
    const keys = search.distrusted().slice(0, LIMITS.keysTried)
    return andThen(signerAmong(keys, jws), (signer) =>
      signer === undefined ? next() : signedByDistrusted(settings.issuer),
    )
  }

  const tryNext = () => unlessDistrusted(() => andThen(search.next(), tryKeys))

  function tryKeys(found: readonly VerifyingKey[] | Rejection): MaybePromise<SignedBy | Rejection> {
    if (found instanceof Rejection) return found
    if (found.length === 0) return unlessDistrusted(refuseToken)
    hasTried = true
    return andThen(signerAmong(found, jws), (signer) => {
      if (signer === undefined) return tryNext()
      return { algorithm, kid, thumbprint: signer.thumbprint }
    })
  }

  const refuseToken = () =>
    hasTried ? forged(kid, settings.issuer) : unlisted(hint, search.hasListed(), issuer)

  return tryNext()
}

/** The latest time at which the token was issued, by what it says, which is not verified. */
function readIssuedAt(
  { claims }: CompactJws,
  { clockTolerance }: IssuerSettings,
): number | undefined {
  const { iat } = claims
  return Number.isSafeInteger(iat) ? (iat as number) + clockTolerance : undefined
}

/** Returns whether the key that has signed is still one that may: listed, and not distrusted. It is not looked for. */
export function isStillSigned(
  { algorithm, kid, thumbprint }: SignedBy,
  issuer: Signer,
): MaybePromise<boolean> {
  return andThen(issuer.keys.listed(algorithm, kid), (listed) =>
    candidates(listed, issuer).some((key) => key.thumbprint === thumbprint),
  )
}

/** The keys to try: none where there is no clear choice. */
function candidates(listed: readonly VerifyingKey[], issuer: Signer): readonly VerifyingKey[] {
  const own = ownKeys(listed, issuer)
  return own.length > LIMITS.keysTried ? [] : own
}

/** A key that is marked as that of one tenant signs for that tenant only. */
function ownKeys(keys: readonly VerifyingKey[], { settings }: Signer): readonly VerifyingKey[] {
  const isOwn = (key: VerifyingKey) =>
    key.issuer === undefined || isIssuerOrTenant(key.issuer, settings.issuer)
  return keys.every(isOwn) ? keys : keys.filter(isOwn)
}

/** Nothing but `true` is a yes: not a promise either that came disguised. */
function signerAmong(
  [key, ...others]: readonly VerifyingKey[],
  jws: CompactJws,
): MaybePromise<VerifyingKey | undefined> {
  if (key === undefined) return undefined
  return andThen(key.verify(jws), (signed) => (signed === true ? key : signerAmong(others, jws)))
}

/** `isForeign`: there are such keys, and all are marked as those of other tenants, or there are too many. */
function unlisted({ algorithm, kid }: KeyHint, isForeign: boolean, issuer: Signer): Rejection {
  const found = isForeign
    ? 'keys that are marked as those of another issuer, or too many'
    : kid === undefined
      ? 'no kid, and several keys or none'
      : `${showClaimed(kid)}, ${issuer.keys.explain(algorithm, kid) ?? 'which is not listed'}`
  const expected = `a key of ${issuer.settings.issuer} for ${algorithm}`
  return new Rejection('unknown_key', { check: 'kid', expected, found })
}

function signedByDistrusted(issuer: string): Rejection {
  const expected = `a key of ${issuer}`
  return new Rejection('unknown_key', { check: 'kid', expected, found: 'a distrusted key' })
}

function forged(kid: string | undefined, issuer: string): Rejection {
  const key =
    kid === undefined
      ? 'no key of the issuer verifies'
      : `the key ${showClaimed(kid)} does not verify`
  return new Rejection('invalid_signature', {
    check: 'signature',
    expected: `one by a key of ${issuer}`,
    found: `one that ${key}`,
  })
}
