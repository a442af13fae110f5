import type { ReplayStore } from '../replay-store.ts'
import type { NonceSettings } from './nonces.ts'
import type { ProofSettings } from './proof.ts'

/** The method and the absolute address of a request, as the client has sent them. */
export interface RequestTarget {
  readonly method: string
  readonly url: string
}

/** The options `dpop` and `publicUrl` after validation, with defaults. All times are in seconds. */
export interface DpopSettings extends ProofSettings {
  /** `required`: every token must be bound to a key. */
  readonly mode: 'accept' | 'required'
  readonly replay: ReplayStore | 'nonce-only'
  /** `undefined`: a proof does not need a nonce. */
  readonly nonce: NonceSettings | undefined
  readonly whenReplayUnknown: 'refuse' | 'nonce' | 'allow'
  /**
   * The normalized address of this API without a slash at the end, or a function. The path of a request is appended to the address.
   * The function returns the method and the address of a request.
   */
  readonly publicUrl: string | ((raw: never) => unknown)
  /** Identifies this API in nonces. */
  readonly resource: string
}
