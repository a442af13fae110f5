import { hmacSha256 } from '#sha256'
import { isSameText } from '../../lib/is-same-text.ts'
import { andThen, type MaybePromise } from '../../lib/maybe-promise.ts'

/** Settings of nonces (RFC 9449 section 9). All times are in seconds. */
export interface NonceSettings {
  /** The first secret signs new nonces. Nonces that any of the secrets has signed are accepted. */
  readonly secrets: readonly Uint8Array[]
  readonly lifetime: number
}

/** The state of the nonce of a proof. `isDue`: the client should get a new nonce. `age` is in seconds. */
export type NonceState =
  | { readonly isValid: true; readonly age: number; readonly isDue: boolean }
  | { readonly isValid: false }

/** Fraction of the lifetime of a nonce. After this time, the response to the client contains a new nonce. */
const DUE_AFTER = 2 / 3

/**
 * Creates and checks nonces without a store. A nonce consists of its time of creation in seconds, and an HMAC over this time and
 * the name of this API. All processes with the same secrets accept the nonce. It cannot be predicted without a secret.
 *
 * All nonces of one second are equal. A nonce limits the age of a proof. It does NOT prevent a second use of the proof.
 */
export class Nonces {
  readonly #settings: NonceSettings
  readonly #resource: string
  readonly #clockTolerance: number
  /** The newest nonce. All requests in one second get the same nonce. */
  #newest: { readonly time: number; readonly nonce: MaybePromise<string> } | undefined

  /** `resource` identifies this API. `clockTolerance` is in seconds. */
  constructor(settings: NonceSettings, resource: string, clockTolerance: number) {
    this.#settings = settings
    this.#resource = resource
    this.#clockTolerance = clockTolerance
  }

  /** Returns a new nonce. `now` is in seconds since the epoch. */
  create(now: number): MaybePromise<string> {
    const time = Math.floor(now)
    if (this.#newest?.time === time) return this.#newest.nonce
    const nonce = andThen(
      this.#sign(this.#settings.secrets[0]!, time),
      (signature) => `${time}.${signature}`,
    )
    // A promise is not cached, because in Workers, a promise of another request may never settle.
    if (!(nonce instanceof Promise)) this.#newest = { time, nonce }
    return nonce
  }

  /** Checks a nonce. Accepts it for `lifetime` seconds after its creation. The clock tolerance extends this time at both ends. */
  check(nonce: string, now: number): MaybePromise<NonceState> {
    const parts = /^([1-9]\d{0,11})\.([\w-]{43})$/.exec(nonce)
    if (parts === null) return INVALID
    const time = Number(parts[1])
    const age = now - time
    const { secrets, lifetime } = this.#settings
    // The negated comparison refuses the nonce if `now` is NaN.
    if (!(age >= -this.#clockTolerance && age <= lifetime + this.#clockTolerance)) return INVALID
    return andThen(this.#isSigned(parts[2]!, time, secrets), (isSigned) =>
      isSigned ? { isValid: true, age, isDue: age >= lifetime * DUE_AFTER } : INVALID,
    )
  }

  #isSigned(
    signature: string,
    time: number,
    [secret, ...others]: readonly Uint8Array[],
  ): MaybePromise<boolean> {
    if (secret === undefined) return false
    return andThen(
      this.#sign(secret, time),
      (expected) => isSameText(expected, signature) || this.#isSigned(signature, time, others),
    )
  }

  #sign(secret: Uint8Array, time: number): MaybePromise<string> {
    return hmacSha256(secret, `bearward-dpop-nonce\n${time}\n${this.#resource}`)
  }
}

const INVALID: NonceState = { isValid: false }
