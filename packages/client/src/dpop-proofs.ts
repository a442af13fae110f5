import {
  type Clock,
  createRandomText,
  generateKeyPair,
  hashText,
  signJws,
  type SigningKeyPair,
  toSigningKeyPair,
} from '@bearward/core/internal'
import type { DpopKeySettings } from './dpop-options.ts'
import { TokenError } from './errors.ts'

/** Request for which a proof is created. */
export interface ProofTarget {
  /** Method as it is sent: upper case for the usual methods. */
  readonly method: string
  readonly url: string | URL
  /** Newest nonce of the server. */
  readonly nonce: string | undefined
  /** Access token that is sent with the proof. Missing in a token request. */
  readonly token?: string
}

/**
 * Creates a proof for one request (RFC 9449 section 4.2). Every call creates another proof. Rejects with a `TokenError` if the
 * key cannot be generated or imported, or cannot sign.
 */
export type CreateProof = (request: ProofTarget) => Promise<string>

/** Random bytes of a `jti`: more than the 96 bits of RFC 9449 section 4.2. */
const JTI_BYTES = 16

/**
 * Creates the proofs of a source. The key pair is generated or imported when the first proof is created, because Workers do
 * not allow random values at module scope.
 */
export function createProofs({ key, algorithm }: DpopKeySettings, clock: Clock): CreateProof {
  const cannotSign = `the key of dpop cannot sign with ${algorithm}`
  let pair: SigningKeyPair | undefined

  /**
   * Returns the key pair. Concurrent first calls do not share a promise, because Workers cancel the work of a request that
   * has ended. All calls use the first key pair that is ready, because all tokens are bound to the same key.
   */
  async function getKeyPair(): Promise<SigningKeyPair> {
    if (pair !== undefined) return pair
    const created = await (key === undefined
      ? orUnavailable(
          generateKeyPair(algorithm),
          `no key of dpop can be generated for ${algorithm}`,
        )
      : orUnavailable(toSigningKeyPair(key, algorithm), cannotSign))
    pair ??= created
    return pair
  }

  return async ({ method, url, nonce, token }) => {
    const { privateKey, publicJwk } = await getKeyPair()
    const { origin, pathname } = new URL(url)
    const claims = {
      jti: createRandomText(JTI_BYTES),
      htm: method,
      // RFC 9449 section 4.2: without query and fragment.
      htu: origin + pathname,
      iat: Math.floor(clock.now() / 1000),
      ...(token !== undefined && { ath: await hashText(token) }),
      ...(nonce !== undefined && { nonce }),
    }
    const header = { typ: 'dpop+jwt', alg: algorithm, jwk: publicJwk }
    return orUnavailable(signJws(header, claims, privateKey, algorithm), cannotSign)
  }
}

/**
 * Rejects with a `TokenError` if work with a key fails. The error has no `cause`, because an error of the runtime can contain
 * parts of the key.
 */
async function orUnavailable<T>(work: Promise<T>, detail: string): Promise<T> {
  try {
    return await work
  } catch {
    throw new TokenError('credentials_unavailable', { detail })
  }
}
