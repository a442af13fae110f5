/** Limits of a `TextCache`. */
export interface TextCacheLimits {
  readonly entries: number
  /** Maximum length of a text, in characters. */
  readonly length: number
}

/**
 * Caches values that are derived from texts. Useful if many texts are equal. Evicts the oldest entry. A cached value must
 * depend only on its text.
 */
export class TextCache<Value> {
  readonly #limits: TextCacheLimits
  readonly #values = new Map<string, Value>()
  // Comparing two texts is several times faster than the hash that a Map needs.
  #lastText: string | undefined
  #lastValue: Value | undefined

  constructor(limits: TextCacheLimits) {
    this.#limits = limits
  }

  get(text: string): Value | undefined {
    if (text === this.#lastText) return this.#lastValue
    const value = this.#values.get(text)
    if (value !== undefined) this.#setLast(text, value)
    return value
  }

  /** Adds the value of a text, unless the text is too long. */
  add(text: string, value: Value): void {
    const { entries, length } = this.#limits
    if (text.length > length) return
    // A part of a longer string keeps the whole string in memory, so the key is a copy.
    const copy = JSON.parse(JSON.stringify(text)) as string
    this.#values.set(copy, value)
    if (this.#values.size > entries) this.#values.delete(this.#values.keys().next().value!)
    this.#setLast(copy, value)
  }

  #setLast(text: string, value: Value): void {
    this.#lastText = text
    this.#lastValue = value
  }
}
