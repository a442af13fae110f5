import { addIfMissing } from '../lib/objects.ts'
import type { VerifyingKey } from './key-set.ts'

/** Thumbprints of one issuer that were passed to `distrustKey`. A refresh of the keys does not remove them. */
export class DistrustedKeys {
  readonly #thumbprints = new Set<string>()

  /** Adds a thumbprint. Returns `false` if the thumbprint was already added. */
  add(thumbprint: string): boolean {
    return addIfMissing(this.#thumbprints, thumbprint)
  }

  get isEmpty(): boolean {
    return this.#thumbprints.size === 0
  }

  /** Returns the keys that are not distrusted. */
  without(keys: readonly VerifyingKey[]): readonly VerifyingKey[] {
    if (this.isEmpty) return keys
    return keys.filter(({ thumbprint }) => !this.#thumbprints.has(thumbprint))
  }

  /** Returns the keys that are distrusted. */
  among(keys: readonly VerifyingKey[]): readonly VerifyingKey[] {
    if (this.isEmpty) return NONE
    return keys.filter(({ thumbprint }) => this.#thumbprints.has(thumbprint))
  }
}

const NONE: readonly VerifyingKey[] = Object.freeze([])
