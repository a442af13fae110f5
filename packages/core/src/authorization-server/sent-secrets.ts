import { decodeText } from './decode-text.ts'
import { findParts, hasPart, type Parts } from './text-parts.ts'

/** Characters of a text that is examined. A longer text is treated like one that contains a secret. */
const LONGEST_TEXT = 1000

/** Characters of all secrets together. Texts are not examined for more of them: no text is shown then. */
const MOST_SECRETS = 65_536

/**
 * The secrets of one request: all that a server could repeat in its answer. Texts of the server are shown only if they
 * contain no part of them. Nothing is computed before a text is examined.
 */
export class SentSecrets {
  readonly #secrets = new Set<string>()
  #parts: Parts | undefined

  constructor(secrets: Iterable<string> = []) {
    this.add(secrets)
  }

  /** Adds secrets, such as those of a request that is sent again. */
  add(secrets: Iterable<string>): void {
    for (const secret of secrets) this.#secrets.add(secret)
    this.#parts = undefined
  }

  /**
   * Returns a text of a server if it can be logged: printable ASCII, at most 1000 characters, on one line. Returns
   * `undefined` if it, or a decoded form of it, has six characters in a row in common with a secret, in any case or
   * backwards. Characters between letters and digits do not matter. A shorter secret counts as a whole.
   */
  readText(text: unknown): string | undefined {
    if (typeof text !== 'string' || text.length > LONGEST_TEXT) return undefined
    if (!/^[\x20-\x7e\s]+$/.test(text)) return undefined
    return this.#areIn(text) ? undefined : text.replace(/\s+/g, ' ').trim() || undefined
  }

  #areIn(text: string): boolean {
    if (this.#secrets.size === 0) return false
    if ([...this.#secrets].join('').length > MOST_SECRETS) return true
    this.#parts ??= findParts(this.#secrets)
    const decoded = decodeText(text)
    // A text that is encoded too often to be examined is not shown.
    return decoded === undefined || decoded.some((form) => hasPart(form, this.#parts!))
  }
}
