import { decodeText } from './decode-text.ts'
import { findParts, hasPart, type Parts } from './text-parts.ts'

/** Maximum number of characters of a text that is searched. A longer text is treated as if it contained a secret. */
const LONGEST_TEXT = 1000

/** Maximum number of characters of all secrets together. If there are more, no text is shown. */
const MOST_SECRETS = 65_536

/**
 * Secrets of one request, which the server could repeat in its response. A text of the server is shown only if it contains
 * no part of these secrets. Nothing is computed before the first text is read.
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
   * Returns a text of a server on one line if it can be logged: printable ASCII of at most 1000 characters. Returns
   * `undefined` if the text, or a decoded form of it, contains six consecutive characters of a secret. The comparison
   * ignores case, and also finds these characters in reverse order. It also finds letters and digits of a secret that are
   * separated by other characters. A secret of fewer than six characters is compared as a whole.
   */
  readText(text: unknown): string | undefined {
    if (typeof text !== 'string' || text.length > LONGEST_TEXT) return undefined
    if (!/^[\x20-\x7e\s]+$/.test(text)) return undefined
    return this.#areContainedIn(text) ? undefined : text.replace(/\s+/g, ' ').trim() || undefined
  }

  #areContainedIn(text: string): boolean {
    if (this.#secrets.size === 0) return false
    if ([...this.#secrets].join('').length > MOST_SECRETS) return true
    this.#parts ??= findParts(this.#secrets)
    const decoded = decodeText(text)
    // A text with too many levels of encoding is not shown.
    return decoded === undefined || decoded.some((form) => hasPart(form, this.#parts!))
  }
}
