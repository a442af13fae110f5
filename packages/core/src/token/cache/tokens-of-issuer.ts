/** The cached tokens of one issuer, which together can take only a part of the token cache. */
export class TokensOfIssuer {
  /** Bytes by the hash of the token, in the order in which the tokens were added. */
  readonly #bytes = new Map<string, number>()
  #total = 0
  #isRetired = false

  /** `true` if the issuer was removed. Its tokens are no longer cached. */
  get isRetired(): boolean {
    return this.#isRetired
  }

  get size(): { readonly entries: number; readonly bytes: number } {
    return { entries: this.#bytes.size, bytes: this.#total }
  }

  /** The hash of the token that was added first. */
  get oldest(): string | undefined {
    const [oldest] = this.#bytes.keys()
    return oldest
  }

  add(hash: string, bytes: number): void {
    this.delete(hash)
    this.#bytes.set(hash, bytes)
    this.#total += bytes
  }

  delete(hash: string): void {
    this.#total -= this.#bytes.get(hash) ?? 0
    this.#bytes.delete(hash)
  }

  /** Records that the issuer was removed. Returns the hashes of its tokens. */
  retire(): readonly string[] {
    this.#isRetired = true
    return [...this.#bytes.keys()]
  }
}
