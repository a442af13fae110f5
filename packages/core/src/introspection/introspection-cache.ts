import LRUCache from 'lru-cache'
import type { JsonObject } from '../encoding/json.ts'
import { LIMITS } from '../limits.ts'

/** What an issuer has said about a token. */
export type Answer =
  /** The members of the answer, and the bytes it took. */
  { readonly active: true; readonly claims: JsonObject; readonly bytes: number } | typeof INACTIVE

export const INACTIVE = { active: false } as const

/** How old an answer may be to be used again, in seconds. */
export interface AnswerAges {
  readonly maxAge: number
  readonly negativeMaxAge: number
}

/** Now: monotonic milliseconds for ages, seconds since the epoch for `exp`. */
export interface Moment {
  readonly monotonic: number
  readonly seconds: number
}

/** What an entry costs beside the answer's own text. A parsed answer takes several times its bytes. */
const ENTRY_BYTES = 512

/**
 * Remembers answers under the hashes of the tokens they are about: no token is in here, neither as a key nor
 * as a value. It is bounded in entries and bytes. What is not active is kept apart, so that a flood of made-up
 * tokens drives out nothing that matters.
 */
export class IntrospectionCache {
  readonly #active = new LRUCache<string, { answer: Answer & { active: true }; askedAt: number }>({
    max: LIMITS.rememberedAnswers.active,
    maxSize: LIMITS.rememberedAnswers.activeBytes,
    sizeCalculation: ({ answer }) => answer.bytes + ENTRY_BYTES,
  })
  readonly #inactive = new LRUCache<string, number>({ max: LIMITS.rememberedAnswers.inactive })

  /** The answer under this hash, unless it is older than is asked for, or the token has expired since. */
  find(
    hash: string,
    { maxAge, negativeMaxAge }: AnswerAges,
    { monotonic, seconds }: Moment,
  ): Answer | undefined {
    const refused = this.#inactive.get(hash)
    if (refused !== undefined && monotonic - refused < negativeMaxAge * 1000) return INACTIVE
    const known = this.#active.get(hash)
    if (known === undefined || monotonic - known.askedAt >= maxAge * 1000) return undefined
    const { exp } = known.answer.claims
    return typeof exp === 'number' && seconds >= exp ? undefined : known.answer
  }

  /**
   * Takes an answer in the place of what was known. `askedAt` is when the call was made: the answer to a call
   * that was overtaken by a later one is not taken.
   */
  remember(hash: string, answer: Answer, askedAt: number): void {
    const known = this.#active.peek(hash)?.askedAt ?? this.#inactive.peek(hash) ?? -Infinity
    if (known > askedAt) return
    if (answer.active) {
      this.#inactive.delete(hash)
      this.#active.set(hash, { answer, askedAt })
    } else {
      this.#active.delete(hash)
      this.#inactive.set(hash, askedAt)
    }
  }

  get size(): { readonly active: number; readonly activeBytes: number; readonly inactive: number } {
    return {
      active: this.#active.size,
      activeBytes: this.#active.calculatedSize,
      inactive: this.#inactive.size,
    }
  }
}
