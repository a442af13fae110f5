import { decodeBase64url } from '#base64url'
import { isSameText } from '../../lib/is-same-text.ts'
import type { JsonObject } from '../../lib/json.ts'
import { parseClaims, parseJsonObject } from '../../lib/parse-json.ts'
import { andThen, type MaybePromise } from '../../lib/maybe-promise.ts'
import { ifOwn } from '../../lib/objects.ts'
import { LIMITS } from '../../limits.ts'
import { describeType, Rejection, showClaimed } from '../../response/rejection.ts'
import type { Algorithm } from '../../signature/algorithms.ts'
import { type JwsParts, splitJws } from '../../signature/jws-parts.ts'
import { readJwsPart, rejectEncoding } from '../../signature/read-jws-part.ts'
import { type ProofKeys, readProofKey, type ProofKey } from './proof-keys.ts'
import { normalizeTarget } from './target-uri.ts'

/** The request, the token and the key that a proof must match. */
export interface ProofContext {
  readonly method: string
  /** The normalized address of the request: see `normalizeTarget`. */
  readonly target: string
  /** The thumbprint of the key to which the token is bound (`cnf.jkt`). */
  readonly thumbprint: string
  /** Returns the SHA-256 hash of the token in base64url. */
  readonly hashToken: () => MaybePromise<string>
  /** Seconds since the epoch. */
  readonly now: number
}

/** Settings of proofs. All times are in seconds. */
export interface ProofSettings {
  readonly algorithms: readonly Algorithm[]
  readonly maxAge: number
  readonly clockTolerance: number
}

/** A proof with a valid signature and valid claims. Not checked yet: its nonce, and whether the proof was used before. */
export interface Proof {
  /** The thumbprint of the key that signed the proof. */
  readonly thumbprint: string
  /** The normalized `htu`. */
  readonly target: string
  readonly jti: string
  /** Seconds since the epoch. */
  readonly iat: number
  readonly nonce: string | undefined
}

/**
 * Verifies a DPoP proof (RFC 9449 section 4.3) for a token that is verified and bound to a key. Checks the syntax, the claims, the
 * key and the hash of the token first. The signature is checked last, because this check takes the most time.
 *
 * Does NOT check the nonce. Does NOT check whether the proof was used before.
 */
export function verifyProof(
  text: string,
  context: ProofContext,
  settings: ProofSettings,
  keys: ProofKeys,
): MaybePromise<Proof | Rejection> {
  if (text.length > LIMITS.proofLength) {
    return rejected('proof', `at most ${LIMITS.proofLength} characters`, 'a longer text')
  }
  const parts = splitJws(text)
  if (parts === undefined) return rejected('proof', 'a JWT with three parts', 'no JWT')
  const key = keys.find(parts.header) ?? readKey(parts.header, settings)
  if (key instanceof Rejection) return key
  const claims = readJwsPart(parts.payload, 'claims set', parseClaims, rejected)
  if (claims instanceof Rejection) return claims
  const signature = decodeBase64url(parts.signature)
  if (signature === undefined) return rejectEncoding('signature', rejected)
  const proof = readClaims(claims, context, settings)
  if (proof instanceof Rejection) return proof
  return andThen(
    checkKey(key, context),
    (wrongKey) =>
      wrongKey ??
      andThen(
        checkTokenHash(claims, context),
        (wrongHash) => wrongHash ?? verifySignature(parts, signature, key, proof, keys),
      ),
  )
}

function readKey(text: string, { algorithms }: ProofSettings): ProofKey | Rejection {
  if (text.length > LIMITS.proofHeader)
    return rejected('header', `at most ${LIMITS.proofHeader} characters`, 'a longer text')
  const header = readJwsPart(text, 'header', parseJsonObject, rejected)
  return header instanceof Rejection ? header : readProofKey(header, algorithms)
}

/** Returns the claims of a proof after validation. */
function readClaims(
  claims: JsonObject,
  { method, target, thumbprint, now }: ProofContext,
  settings: ProofSettings,
): Proof | Rejection {
  const jti = ifOwn(claims['jti'], claims, 'jti')
  if (typeof jti !== 'string' || jti === '') {
    return rejected('jti', 'a non-empty string', describeType(jti))
  }
  const htm = ifOwn(claims['htm'], claims, 'htm')
  if (htm !== method) return rejected('htm', 'the method of the request', describeMethod(htm))
  const htu = ifOwn(claims['htu'], claims, 'htu')
  // Most clients send the normalized address, so usually `htu` need not be normalized.
  if (htu !== target || target.length > LIMITS.targetUri) {
    const given = typeof htu === 'string' ? normalizeTarget(htu) : undefined
    if (given !== target) return rejectTarget(htu, given, target)
  }
  const iat = ifOwn(claims['iat'], claims, 'iat')
  const wrongTime = checkTimes(claims, iat, now, settings)
  if (wrongTime !== undefined) return wrongTime
  const nonce = ifOwn(claims['nonce'], claims, 'nonce')
  if (nonce !== undefined && typeof nonce !== 'string')
    return rejected('nonce', 'a string', describeType(nonce))
  return { thumbprint, target, jti, iat: iat as number, nonce }
}

/** Checks `iat`, and `exp` and `nbf` if they are present. The negated comparisons reject the proof if `now` is NaN. */
function checkTimes(
  claims: JsonObject,
  iat: unknown,
  now: number,
  { maxAge, clockTolerance }: ProofSettings,
): Rejection | undefined {
  if (!isTime(iat)) return rejected('iat', 'a number', describeType(iat))
  if (!(now <= iat + maxAge + clockTolerance)) {
    return rejected('iat', `at most ${maxAge} s ago`, `${Math.ceil(now - iat)} s ago`)
  }
  if (!(now >= iat - clockTolerance)) {
    return rejected('iat', 'a time in the past', `in ${Math.ceil(iat - now)} s`)
  }
  const exp = ifOwn(claims['exp'], claims, 'exp')
  if (exp !== undefined && !(isTime(exp) && now < exp + clockTolerance))
    return rejected('exp', 'a time in the future', 'a time in the past, or not a number')
  const nbf = ifOwn(claims['nbf'], claims, 'nbf')
  if (nbf !== undefined && !(isTime(nbf) && now >= nbf - clockTolerance))
    return rejected('nbf', 'a time in the past', 'a time in the future, or not a number')
  return undefined
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}

/** Compares the key of the proof with the key to which the token is bound (RFC 9449 section 7.1). */
function checkKey(
  { thumbprint }: ProofKey,
  context: ProofContext,
): MaybePromise<Rejection | undefined> {
  return andThen(thumbprint(), (found) =>
    isSameText(context.thumbprint, found)
      ? undefined
      : new Rejection('wrong_proof_key', {
          check: 'cnf.jkt',
          expected: 'the thumbprint of the key of the proof',
          found: 'the thumbprint of a different key',
        }),
  )
}

function checkTokenHash(
  claims: JsonObject,
  { hashToken }: ProofContext,
): MaybePromise<Rejection | undefined> {
  const ath = ifOwn(claims['ath'], claims, 'ath')
  if (typeof ath !== 'string') return rejected('ath', 'a string', describeType(ath))
  return andThen(hashToken(), (expected) =>
    isSameText(expected, ath)
      ? undefined
      : rejected('ath', 'the hash of the access token', 'a different text'),
  )
}

function verifySignature(
  { header, signingInput }: JwsParts,
  signature: Uint8Array,
  key: ProofKey,
  proof: Proof,
  keys: ProofKeys,
): MaybePromise<Proof | Rejection> {
  return andThen(
    keys.verify(key, proof.thumbprint, header, { signingInput, signature }),
    (isValid) =>
      // Only `true` is accepted, so that an unexpected value is not treated as a success.
      isValid === true
        ? proof
        : rejected('signature', 'a signature by the key of the proof', 'an invalid signature'),
  )
}

/** Describes an `htm`. Contains the value only if it looks like a method, because logs must not contain other values. */
function describeMethod(htm: unknown): string {
  if (typeof htm !== 'string' || htm === '') return describeType(htm)
  return /^[A-Za-z]{1,20}$/.test(htm) ? showClaimed(htm) : 'a text that is not a method'
}

/** Description of an `htu` whose path ends with the path of the request. A proxy has probably removed the beginning. */
const PREFIXED = 'the same path after a prefix'

/** Rejects an `htu`. The explanation contains only its origin, because a path can contain personal data. */
function rejectTarget(htu: unknown, given: string | undefined, target: string): Rejection {
  if (typeof htu !== 'string' || htu === '')
    return rejected('htu', 'the address of the request', describeType(htu))
  if (given === undefined)
    return rejected('htu', 'the address of the request', 'a text that is not an http address')
  const [expected, found] = [getOrigin(target), getOrigin(given)]
  if (expected === found) {
    const isPrefixed = given.endsWith(target.slice(expected.length))
    return rejected('htu', 'the path of the request', isPrefixed ? PREFIXED : 'a different path')
  }
  return rejected('htu', `an address at ${expected}`, `an address at ${showClaimed(found)}`)
}

/** Returns the scheme and the authority of a normalized address. */
function getOrigin(address: string): string {
  return address.slice(0, address.indexOf('/', 'https://'.length))
}

function rejected(check: string, expected: string, found: string): Rejection {
  return new Rejection('invalid_proof', { check: `DPoP ${check}`, expected, found })
}
