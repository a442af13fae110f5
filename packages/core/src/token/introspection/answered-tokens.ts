/** The tokens that a server has answered about last, with 200: two are enough to tell whether there was another one. */
export class AnsweredTokens {
  #last: readonly { readonly hash: string; readonly at: number }[] = []

  /** `now`: monotonic milliseconds. */
  add(hash: string, now: number): void {
    const others = this.#last.filter((one) => one.hash !== hash)
    this.#last = [{ hash, at: now }, ...others.slice(0, 1)]
  }

  /** Returns whether there was an answer about another token after that time. */
  hasOther(hash: string, after: number): boolean {
    return this.#last.some((one) => one.hash !== hash && one.at > after)
  }
}
