import type { IssuerSettings } from '../../model/settings.ts'
import { isIssuerOrTenant } from '../../authorization-server/tenants.ts'
import { NO_USABLE_KEY } from '../../keys/key-search.ts'
import type { VerifyingKey } from '../../keys/key-set.ts'
import type { KeySource } from '../../keys/key-source.ts'
import { LIMITS } from '../../limits.ts'
import { getOwn } from '../../lib/objects.ts'
import { andThen, type MaybePromise } from '../../lib/maybe-promise.ts'
import type { Algorithm } from '../../signature/algorithms.ts'
import { Rejection, showClaimed, showValue } from '../../response/rejection.ts'
import { checkAudience, checkClaimTypes, getRequiredClaims } from './claims.ts'
import { toRejectedToken } from '../rejected-token.ts'
import type { CompactJws } from './compact-jws.ts'
import { isMarkedAsAccessToken, type KeyHint, readHeader } from './jose-header.ts'
import { checkTimes } from './times.ts'
import { checkTokenKind } from './token-type.ts'

/** The key that has signed a token: `alg` and `kid` of the header, and the thumbprint of the key. */
export interface SignedBy extends KeyHint {
  /** RFC 7638, SHA-256. Empty for a secret. */
  readonly thumbprint: string
}

/**
 * Verifies a JWT access token of a trusted issuer (RFC 9068 section 4, RFC 8725 section 3). Checks the header, the key and the
 * signature before the claims. So the rejection never names an invalid claim of a forged token. If no known key has signed the
 * token, the claims are not checked. They are read to decide whether keys are fetched, and whether the token gets 401 or 503.
 *
 * `now` returns seconds since the epoch.
 *
 * Does NOT check scopes, the subject, revocation, or `cnf`.
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

/** Checks the claims of a JWT. Does NOT verify its signature. `now` is in seconds since the epoch. */
export function checkClaims(
  { header, claims }: CompactJws,
  settings: IssuerSettings,
  now: number,
): Rejection | undefined {
  return (
    checkTokenKind(claims, settings, isMarkedAsAccessToken(header)) ??
    checkClaimTypes(claims, settings, getRequiredClaims(settings)) ??
    checkAudience(claims, settings, settings) ??
    checkTimes(claims, settings, now)
  )
}

/** An issuer with its keys. */
export interface Signer {
  readonly settings: IssuerSettings
  readonly keys: KeySource
}

/**
 * Verifies that a key of the issuer has signed a JWS. Does NOT check the content of the JWS. `isRuledOut`: see `KeyQuery`.
 */
export function verifySignature(
  jws: CompactJws,
  hint: KeyHint,
  issuer: Signer,
  isRuledOut: () => boolean = () => false,
): MaybePromise<SignedBy | Rejection> {
  const key = findOnlyKey(hint.algorithm, hint.kid, issuer)
  if (key === undefined) return searchSigner(jws, hint, issuer, isRuledOut, undefined)
  return andThen(key.verify(jws), (signed) =>
    signed === true ? toSignedBy(hint, key) : searchSigner(jws, hint, issuer, isRuledOut, key),
  )
}

/** Returns the cached key for a token if there is exactly one, which is the usual case. */
function findOnlyKey(
  algorithm: Algorithm,
  kid: string | undefined,
  issuer: Signer,
): VerifyingKey | undefined {
  const cached = issuer.keys.cached(algorithm, kid)
  if (cached?.length !== 1) return undefined
  const key = cached[0]!
  return isKeyOf(key, issuer) ? key : undefined
}

function toSignedBy({ algorithm, kid }: KeyHint, { thumbprint }: VerifyingKey): SignedBy {
  return { algorithm, kid, thumbprint }
}

/** Searches for the key that has signed a JWS. `tried`: the only cached key, which did not sign the JWS. */
function searchSigner(
  jws: CompactJws,
  hint: KeyHint,
  issuer: Signer,
  isRuledOut: () => boolean,
  tried: VerifyingKey | undefined,
): MaybePromise<SignedBy | Rejection> {
  const { algorithm, kid } = hint
  const { settings } = issuer
  const search = issuer.keys.search({
    algorithm,
    kid,
    choose: (listed) => getCandidates(listed, issuer),
    issuedAt: readIssuedAt(jws, settings),
    tried,
    isRuledOut,
  })
  let hasTried = tried !== undefined

  /** Rejects the token if a distrusted key has signed it. Otherwise, calls `next`. */
  function unlessDistrusted(
    next: () => MaybePromise<SignedBy | Rejection>,
  ): MaybePromise<SignedBy | Rejection> {
    const keys = search.distrusted().slice(0, LIMITS.keysTried)
    return andThen(findSigner(keys, jws), (signer) =>
      signer === undefined ? next() : rejectDistrusted(settings.issuer),
    )
  }

  const tryNext = () => unlessDistrusted(() => andThen(search.next(), tryKeys))

  function tryKeys(found: readonly VerifyingKey[] | Rejection): MaybePromise<SignedBy | Rejection> {
    if (found instanceof Rejection) return found
    if (found.length === 0) return unlessDistrusted(refuseToken)
    hasTried = true
    return andThen(findSigner(found, jws), (signer) => {
      return signer === undefined ? tryNext() : toSignedBy(hint, signer)
    })
  }

  const refuseToken = () =>
    hasTried
      ? rejectSignature(kid, settings.issuer)
      : rejectUnlisted(hint, search.hasListed(), issuer)

  return tryNext()
}

/** Returns the latest time at which a token can have been issued: its unverified `iat` plus the clock tolerance. */
function readIssuedAt(
  { claims }: CompactJws,
  { clockTolerance }: IssuerSettings,
): number | undefined {
  const iat = getOwn(claims, 'iat')
  return Number.isSafeInteger(iat) ? (iat as number) + clockTolerance : undefined
}

/** Returns whether the signing key is still listed and not distrusted. Does NOT fetch keys to find it. */
export function isStillSigned(
  { algorithm, kid, thumbprint }: SignedBy,
  issuer: Signer,
): MaybePromise<boolean> {
  const only = findOnlyKey(algorithm, kid, issuer)
  if (only !== undefined) return only.thumbprint === thumbprint
  return andThen(issuer.keys.listed(algorithm, kid), (listed) =>
    getCandidates(listed, issuer).some((key) => key.thumbprint === thumbprint),
  )
}

/** Returns the keys to try. Returns an empty list if there are too many keys. */
function getCandidates(listed: readonly VerifyingKey[], issuer: Signer): readonly VerifyingKey[] {
  const own = getOwnKeys(listed, issuer)
  return own.length > LIMITS.keysTried ? [] : own
}

/** Returns the keys of the issuer. A key with the issuer of one tenant is valid for that tenant only. */
function getOwnKeys(keys: readonly VerifyingKey[], issuer: Signer): readonly VerifyingKey[] {
  const isOwn = (key: VerifyingKey) => isKeyOf(key, issuer)
  return keys.every(isOwn) ? keys : keys.filter(isOwn)
}

function isKeyOf(key: VerifyingKey, { settings }: Signer): boolean {
  return key.issuer === undefined || isIssuerOrTenant(key.issuer, settings.issuer)
}

/** Returns the key that verifies the signature. The check of the signature must return `true`: any other value is not a success. */
function findSigner(
  [key, ...others]: readonly VerifyingKey[],
  jws: CompactJws,
): MaybePromise<VerifyingKey | undefined> {
  if (key === undefined) return undefined
  return andThen(key.verify(jws), (signed) => (signed === true ? key : findSigner(others, jws)))
}

/**
 * Rejects a token for which no key was tried. `hasListed`: keys for this header are listed, but they are distrusted, are too many,
 * or have the issuer of another tenant.
 */
function rejectUnlisted(
  { algorithm, kid }: KeyHint,
  hasListed: boolean,
  issuer: Signer,
): Rejection {
  const found = hasListed
    ? NO_USABLE_KEY
    : kid === undefined
      ? 'no kid, and no key for this algorithm'
      : `${showClaimed(kid)}, ${issuer.keys.explain(algorithm, kid) ?? 'which is not listed'}`
  const expected = `a key of ${issuer.settings.issuer} for ${algorithm}`
  return new Rejection('unknown_key', { check: 'kid', expected, found })
}

function rejectDistrusted(issuer: string): Rejection {
  const expected = `a key of ${issuer}`
  return new Rejection('unknown_key', { check: 'kid', expected, found: 'a distrusted key' })
}

function rejectSignature(kid: string | undefined, issuer: string): Rejection {
  const key =
    kid === undefined ? 'any key of the issuer' : `the key ${showValue(kid)} (claimed kid)`
  return new Rejection('invalid_signature', {
    check: 'signature',
    expected: `a signature by a key of ${issuer}`,
    found: `a signature that is not valid for ${key}`,
  })
}
