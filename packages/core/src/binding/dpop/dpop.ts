import { sha256 } from '#sha256'
import { type Clock, getSeconds } from '../../lib/clock.ts'
import { ignoreRejection } from '../../lib/ignore-rejection.ts'
import { andThen, type MaybePromise } from '../../lib/maybe-promise.ts'
import { getMember, isRecord } from '../../lib/objects.ts'
import type { Publish } from '../../lib/publisher.ts'
import { LIMITS } from '../../limits.ts'
import { headerValues } from '../../model/header-values.ts'
import { getRequestId, type RequestLike } from '../../model/request-like.ts'
import type { DpopSettings, RequestTarget } from './dpop-settings.ts'
import type { ResponseHeaders } from '../../response/http-response.ts'
import { Rejection } from '../../response/rejection.ts'
import type { ControlRecoveredEvent, ControlStatus, DegradedEvent } from '../control-events.ts'
import { Nonces } from './nonces.ts'
import { type Proof, verifyProof } from './proof.ts'
import { ProofKeys } from './proof-keys.ts'
import { ReplayCheck, type UnknownUse } from './replay-check.ts'
import { getTargetPath, normalizeTarget } from './target-uri.ts'

/** A proof that has passed all checks except one: whether the proof was used before. */
export interface CheckedProof extends Proof {
  /** Age of the nonce in seconds. `undefined`: nonces are not required. */
  readonly nonceAge: number | undefined
  /** A new nonce for the client. `undefined`: the client does not need a new nonce. */
  readonly newNonce: string | undefined
}

/** The request with a proof, and properties of the token that the proof must match. */
export interface ProofRequest {
  readonly request: RequestLike
  /** The request of the framework. */
  readonly raw: object
  /** The thumbprint of the key to which the token is bound. */
  readonly thumbprint: string
  /** Returns the SHA-256 hash of the token in base64url. */
  readonly hashToken: () => MaybePromise<string>
}

const JOINED = 'several, joined by a comma'

/** Checks the DPoP proofs of one API (RFC 9449). */
export class Dpop {
  readonly settings: DpopSettings
  readonly #clock: Clock
  readonly #publish: Publish<DegradedEvent | ControlRecoveredEvent>
  readonly #keys = new ProofKeys()
  readonly #nonces: Nonces | undefined
  readonly #replay: ReplayCheck | undefined

  constructor(
    settings: DpopSettings,
    clock: Clock,
    publish: Publish<DegradedEvent | ControlRecoveredEvent>,
  ) {
    this.settings = settings
    this.#clock = clock
    this.#publish = publish
    const { nonce, replay, resource, clockTolerance } = settings
    this.#nonces = nonce && new Nonces(nonce, resource, clockTolerance)
    this.#replay =
      replay === 'nonce-only' ? undefined : new ReplayCheck(replay, this.#clock, publish)
  }

  /**
   * Checks the syntax, the claims, the key, the signature and the nonce of the proof of a request. Returns the checked proof, or a
   * rejection (401). The error code is `invalid_dpop_proof`, `use_dpop_nonce`, or `invalid_token` if the key is not that of the
   * token.
   *
   * Does NOT check whether the proof was used before: `useProof` checks this.
   */
  checkProof(text: string, of: ProofRequest): MaybePromise<CheckedProof | Rejection> {
    const { request, raw, thumbprint, hashToken } = of
    const { method, url } = this.#getTarget(request, raw)
    const now = getSeconds(this.#clock)
    if (url === undefined || typeof method !== 'string') return rejectRequest()
    const context = { method, target: url, thumbprint, hashToken, now }
    return andThen(verifyProof(text, context, this.settings, this.#keys), (proof) =>
      proof instanceof Rejection ? proof : this.#checkNonce(proof),
    )
  }

  /**
   * Records the use of a checked proof. Rejects a proof that was used before or is too old (401). If the store does not know
   * whether the proof was used, the option `whenReplayUnknown` decides: by default, the request gets 503. Does nothing if the
   * option `replay` is `nonce-only`.
   */
  useProof(proof: CheckedProof, request: RequestLike): MaybePromise<Rejection | undefined> {
    const replay = this.#replay
    if (replay === undefined) return undefined
    const { thumbprint, target, jti, iat } = proof
    const { maxAge, clockTolerance } = this.settings
    // A proof is accepted until `iat + maxAge + clockTolerance`. The clock of another process can be slow by the clock tolerance.
    // So the store keeps the proof for this additional time. At least one second is added to `maxAge`, because a proof is still
    // accepted exactly at the end of its time.
    const seconds = iat - getSeconds(this.#clock) + maxAge + Math.max(1, 2 * clockTolerance)
    // A thumbprint and an address contain no line break, so two proofs have the same text only if all parts are equal. UTF-8 would
    // encode all lone surrogates as the same bytes. JSON escapes them, so different values stay different.
    return andThen(sha256(`${thumbprint}\n${target}\n${JSON.stringify(jti)}`), (id) => {
      // The function `check` of the application can take so long that the proof is now too old: the store would not remember it.
      if (!(seconds > 0)) return rejectLate()
      const ttl = Math.ceil(seconds * 1000)
      return andThen(replay.firstUse({ id, key: thumbprint, ttl }), (isFirst) => {
        if (isFirst === true) return undefined
        return isFirst === false ? rejectUsed() : this.#decideUnknown(isFirst, proof, request)
      })
    })
  }

  /**
   * Returns the text of the only proof of a request (RFC 9449 section 4.3, first check). Rejects several header lines, and several
   * proofs that were joined by a comma.
   */
  readText(request: RequestLike): string | Rejection {
    const values = headerValues(request, 'dpop')
    const explain = (found: string) => ({ check: 'DPoP', expected: 'one header line', found })
    if (values.length === 0) return new Rejection('no_proof', explain('nothing'))
    if (values.length > 1) return new Rejection('invalid_proof', explain('several header lines'))
    const text: unknown = values[0]
    if (typeof text !== 'string')
      return new Rejection('invalid_proof', explain('a value that is not a string'))
    // A JWT contains no comma. Some proxies, and web `Headers`, join several header lines with a comma.
    return text.includes(',') ? new Rejection('invalid_proof', explain(JOINED)) : text
  }

  /**
   * Returns the header fields for the response to a granted request: a new nonce, if the client needs a new nonce (RFC 9449
   * section 8.2).
   */
  getHeaders({ newNonce }: CheckedProof): ResponseHeaders | undefined {
    return newNonce === undefined
      ? undefined
      : Object.freeze({ 'Cache-Control': 'no-store', 'DPoP-Nonce': newNonce })
  }

  /** The state of the replay store. `undefined`: no store is configured. */
  get status(): ControlStatus | undefined {
    return this.#replay?.status
  }

  /** Resolves when the replay store is ready. Rejects if it cannot be used. */
  async ready(): Promise<void> {
    await this.#replay?.ready()
  }

  /** Returns the method and the normalized address that `htm` and `htu` of a proof must match. Never reads `Host`. */
  #getTarget(
    request: RequestLike,
    raw: object,
  ): { readonly method: string; readonly url: string | undefined } {
    const { publicUrl } = this.settings
    if (typeof publicUrl === 'function') {
      return readTarget(publicUrl(raw as never))
    }
    const { method, url } = request
    const path = typeof url === 'string' ? getTargetPath(url) : undefined
    return { method, url: path && publicUrl + path }
  }

  #checkNonce(proof: Proof): MaybePromise<CheckedProof | Rejection> {
    const nonces = this.#nonces
    if (nonces === undefined) return toChecked(proof, undefined, undefined)
    const now = getSeconds(this.#clock)
    if (proof.nonce === undefined) return this.#requireNonce('nothing')
    return andThen(nonces.check(proof.nonce, now), (state) => {
      if (!state.isValid) return this.#requireNonce('an unknown or old nonce')
      const { age, isDue } = state
      if (!isDue) return toChecked(proof, age, undefined)
      return andThen(nonces.create(now), (newNonce) => toChecked(proof, age, newNonce))
    })
  }

  /** Returns a rejection that gives the client a new nonce (RFC 9449 section 9). */
  #requireNonce(found: string): MaybePromise<Rejection> {
    const explanation = { check: 'DPoP nonce', expected: 'a nonce of this API', found }
    return andThen(
      this.#nonces!.create(getSeconds(this.#clock)),
      (nonce) => new Rejection('nonce_required', explanation, { nonce }),
    )
  }

  /** Decides about a proof if the store does not know whether the proof was used before: see the option `whenReplayUnknown`. */
  #decideUnknown(
    { problem, detail, retryAfter }: UnknownUse,
    { nonceAge }: CheckedProof,
    request: RequestLike,
  ): MaybePromise<Rejection | undefined> {
    const publish = (decision: DegradedEvent['decision']) =>
      this.#publish(
        'degraded',
        () => {
          const requestId = getRequestId(request)
          return { control: 'dpop_replay', decision, problem, detail, requestId }
        },
        undefined,
        `${decision} ${problem}`,
      )
    switch (this.settings.whenReplayUnknown) {
      case 'allow':
        publish('allowed')
        return undefined
      case 'nonce': {
        // The age of a nonce is negative if the clock of the process that created it is ahead. Such a nonce would stay fresh for
        // a longer time.
        const isFresh = nonceAge !== undefined && nonceAge >= -1 && nonceAge < LIMITS.freshNonce
        publish(isFresh ? 'nonce_accepted' : 'nonce_required')
        return isFresh ? undefined : this.#requireNonce('a nonce that is too old')
      }
      case 'refuse': {
        publish('refused')
        const found = `${problem}: ${detail}`
        const explanation = { check: 'dpop.replay', expected: 'an answer', found }
        return new Rejection('replay_unavailable', explanation, { retryAfter })
      }
    }
  }
}

function toChecked(
  { thumbprint, target, jti, iat, nonce }: Proof,
  nonceAge: number | undefined,
  newNonce: string | undefined,
): CheckedProof {
  // A list of all members is several times faster than `{ ...proof }`.
  return { thumbprint, target, jti, iat, nonce, nonceAge, newNonce }
}

/** Normalizes the result of the function `publicUrl`. Throws a `TypeError` if the result is wrong. */
function readTarget(target: unknown): RequestTarget {
  ignoreRejection(target)
  const given = isRecord(target) ? (target as Partial<RequestTarget>) : {}
  const [method, url] = [getMember(given, 'method'), getMember(given, 'url')]
  const normalized = typeof url === 'string' ? normalizeTarget(url) : undefined
  if (typeof method === 'string' && normalized !== undefined) return { method, url: normalized }
  throw new TypeError(
    'publicUrl must return { method, url }: the method and the absolute http or https address of the request. It cannot return a promise.',
  )
}

/** Rejects a request whose method or path cannot be compared with a proof. */
function rejectRequest(): Rejection {
  const explanation = {
    check: 'request target',
    expected: 'a path without dot segments',
    found: 'a target that cannot be compared with a proof',
  }
  return new Rejection('invalid_proof', explanation)
}

function rejectLate(): Rejection {
  const explanation = { check: 'DPoP iat', expected: 'a newer proof', found: 'an old proof' }
  return new Rejection('invalid_proof', explanation)
}

function rejectUsed(): Rejection {
  const explanation = { check: 'DPoP jti', expected: 'a new proof', found: 'a proof that was used' }
  return new Rejection('proof_used', explanation)
}
