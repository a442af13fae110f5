import { addNew } from '../lib/objects.ts'
import type { VerifyingKey } from './key-set.ts'

/** The keys of one issuer that `distrustKey` has named. They stay distrusted, whatever is published. */
export class DistrustedKeys {
  readonly #thumbprints = new Set<string>()

  /** Returns whether that is new. */
  add(thumbprint: string): boolean {
    return addNew(this.#thumbprints, thumbprint)
  }

  get isEmpty(): boolean {
    return this.#thumbprints.size === 0
  }

  /** The keys that are not distrusted. */
  without(keys: readonly VerifyingKey[]): readonly VerifyingKey[] {
    if (this.isEmpty) return keys
    return keys.filter(({ thumbprint }) => !this.#thumbprints.has(thumbprint))
  }

  /** The keys that are distrusted. */
  among(keys: readonly VerifyingKey[]): readonly VerifyingKey[] {
    if (this.isEmpty) return NONE
    return keys.filter(({ thumbprint }) => this.#thumbprints.has(thumbprint))
  }
}

const NONE: readonly VerifyingKey[] = Object.freeze([])
