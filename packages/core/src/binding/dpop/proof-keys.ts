import { signatureEngine } from '#signature-engine'
import { readJwk } from '../../keys/jwk.ts'
import { toThumbprint } from '../../keys/thumbprint.ts'
import { BoundedCache } from '../../lib/bounded-cache.ts'
import type { JsonObject } from '../../lib/json.ts'
import { andThen, type MaybePromise } from '../../lib/maybe-promise.ts'
import { getOwn, isOwn } from '../../lib/objects.ts'
import { LIMITS } from '../../limits.ts'
import { describeType, Rejection, showClaimed } from '../../response/rejection.ts'
import { type Algorithm, isAlgorithm } from '../../signature/algorithms.ts'
import type { SignatureVerifier, SignedText } from '../../signature/engine.ts'

/** The public key in the header of a proof, for the algorithm in the header. The key is not imported yet. */
export interface ProofKey {
  readonly algorithm: Algorithm
  /** Only the members that define the key (RFC 7638 section 3.2). */
  readonly material: JsonObject
  /** Returns the thumbprint of the key (RFC 7638, SHA-256, base64url). */
  readonly thumbprint: () => MaybePromise<string>
}

/** Header parameters that change how a JWS is processed. A proof with one of them is rejected, because no proof needs them. */
const UNSUPPORTED = ['crit', 'b64', 'zip', 'enc', 'cty']

/**
 * Reads the header of a proof (RFC 9449 section 4.2): `typ`, `alg`, and the public key in `jwk`. The key must be a valid public key
 * for the algorithm: see `readJwk`. Rejects parameters that change how a JWS is processed, such as `crit`. Ignores all other
 * parameters, such as `kid` and `x5c`.
 */
export function readProofKey(
  header: JsonObject,
  algorithms: readonly Algorithm[],
): ProofKey | Rejection {
  const { typ, alg, jwk } = header
  if (typ !== 'dpop+jwt') return rejected('typ', 'dpop+jwt', showClaimed(typ))
  if (!isAlgorithm(alg) || !algorithms.includes(alg))
    return rejected('alg', algorithms.join(' or '), showClaimed(alg))
  const name = UNSUPPORTED.find((one) => isOwn(header, one))
  if (name !== undefined) return rejected(name, 'nothing', describeType(header[name]))
  const key = readJwk(jwk, { algorithms: [alg], named: true })
  if (typeof key === 'string') return rejected('jwk', 'a public key', TEXTS[key] ?? key)
  const { material } = key
  const modulus = getOwn(material, 'n')
  if (typeof modulus === 'string' && modulus.length > LONGEST_MODULUS)
    return rejected('jwk', `an RSA key of at most ${LIMITS.proofRsaBits} bits`, 'a longer key')
  return { algorithm: alg, material, thumbprint: () => toThumbprint(material) }
}

/** Characters of the longest RSA modulus in base64url. */
const LONGEST_MODULUS = Math.ceil(LIMITS.proofRsaBits / 6)

const TEXTS: Readonly<Partial<Record<string, string>>> = {
  not_an_object: 'a value that is not an object',
  private_key: 'a private key',
  symmetric_key: 'a symmetric key',
  unsupported_key_type: 'a key of an unsupported type',
  not_for_verification: 'a key whose use or key_ops excludes verification',
  algorithm_not_allowed: 'a key for another algorithm',
  malformed_key: 'a malformed key',
  weak_key: 'a weak key',
}

/** An imported key that has signed at least one valid proof. */
interface KnownKey extends ProofKey {
  /** The encoded header of the newest proof that the key has signed. */
  readonly header: string
  readonly verify: SignatureVerifier
}

/**
 * Verifies signatures with the keys of proofs, and caches the imported keys by thumbprint. A client usually sends the same header
 * with every proof, so a known header is not parsed again.
 *
 * A key is cached after its first valid signature for a token that is bound to this key. So an attacker who has no bound token
 * cannot fill the cache. The cache has one entry for each key, with the newest header that this key has signed.
 */
export class ProofKeys {
  readonly #byThumbprint: BoundedCache<KnownKey>
  readonly #byHeader = new Map<string, KnownKey>()

  constructor() {
    this.#byThumbprint = new BoundedCache(
      LIMITS.proofKeys,
      Infinity,
      () => 1,
      (_, { header }) => void this.#byHeader.delete(header),
    )
  }

  /** Returns the key of an encoded header, if a proof with this header was verified earlier and the header is still cached. */
  find(header: string): ProofKey | undefined {
    return this.#byHeader.get(header)
  }

  /**
   * Returns whether the key has made the signature. Never throws or rejects. `thumbprint` is the thumbprint of the key, and
   * `header` is the encoded header of the proof.
   */
  verify(
    key: ProofKey,
    thumbprint: string,
    header: string,
    signed: SignedText,
  ): MaybePromise<boolean> {
    const known = this.#byHeader.get(header)
    if (known !== undefined) {
      this.#byThumbprint.get(thumbprint) // marks the entry as used
      return known.verify(signed)
    }
    const other = this.#byThumbprint.get(thumbprint)
    if (other?.algorithm === key.algorithm)
      return this.#verifyAndAdd(other.verify, key, thumbprint, header, signed)
    let prepared: MaybePromise<SignatureVerifier>
    try {
      prepared = signatureEngine.prepare(key.algorithm, key.material)
    } catch {
      return false
    }
    const verify = (verifier: SignatureVerifier) =>
      this.#verifyAndAdd(verifier, key, thumbprint, header, signed)
    // The import of a key fails if its point is not on the curve.
    return prepared instanceof Promise ? prepared.then(verify).catch(() => false) : verify(prepared)
  }

  /**
   * Verifies a signature. If the signature is valid, caches the key with this header, which replaces an earlier header of the key.
   */
  #verifyAndAdd(
    verifier: SignatureVerifier,
    key: ProofKey,
    thumbprint: string,
    header: string,
    signed: SignedText,
  ): MaybePromise<boolean> {
    return andThen(verifier(signed), (isValid) => {
      if (isValid === true) this.#add(key, thumbprint, header, verifier)
      return isValid
    })
  }

  #add(
    { algorithm, material }: ProofKey,
    thumbprint: string,
    text: string,
    verify: SignatureVerifier,
  ): void {
    // A substring keeps the whole proof in memory, so the header is copied.
    const header = JSON.parse(JSON.stringify(text)) as string
    const known = { algorithm, material, thumbprint: () => thumbprint, header, verify }
    // If `set` replaces an entry, the cache calls its callback, which deletes the old header.
    this.#byThumbprint.set(thumbprint, known)
    this.#byHeader.set(header, known)
  }
}

function rejected(check: string, expected: string, found: string): Rejection {
  return new Rejection('invalid_proof', { check: `DPoP ${check}`, expected, found })
}
