/** Records the last two tokens that got a valid response (200). Two are enough: a given token can equal only one of them. */
export class KnownTokens {
  #last: readonly { readonly hash: string; readonly at: number }[] = []

  /** Records a response. `now` is in monotonic milliseconds. */
  add(hash: string, now: number): void {
    const others = this.#last.filter((one) => one.hash !== hash)
    this.#last = [{ hash, at: now }, ...others.slice(0, 1)]
  }

  /** Returns whether another token got status 200 after the time `after`, which is in monotonic milliseconds. */
  hasOther(hash: string, after: number): boolean {
    return this.#last.some((one) => one.hash !== hash && one.at > after)
  }
}
