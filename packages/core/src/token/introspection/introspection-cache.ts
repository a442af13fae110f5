import { type Moment, secondsBetween } from '../../lib/clock.ts'
import { createLruCache } from '../../lib/lru-cache.ts'
import { LIMITS } from '../../limits.ts'
import { estimateSize } from '../cache/size-estimate.ts'
import type { ActiveResponse, IntrospectionResponse } from './introspection-response.ts'

/** The age that a response may have to be used again, in seconds. */
export interface ResponseAges {
  readonly maxAge: number
  readonly negativeMaxAge: number
}

/** Bytes of an entry beside its members: its hash, its place in the order of use, and how the members are read. */
const ENTRY_BYTES = 1024

/**
 * Remembers responses under the hashes of the tokens they are about: no token is in here, neither as a key nor
 * as a value. It is bounded in entries and bytes. What is not active is kept apart, so that a flood of made-up
 * tokens drives out nothing that matters.
 */
export class IntrospectionCache {
  readonly #active = createLruCache<string, ActiveResponse>({
    max: LIMITS.rememberedAnswers.active,
    maxSize: LIMITS.rememberedAnswers.activeBytes,
    // Not the length of the text: a short one can parse into many times its length.
    sizeCalculation: ({ claims }) => estimateSize(claims) + ENTRY_BYTES,
  })
  readonly #inactive = createLruCache<string, IntrospectionResponse>({
    max: LIMITS.rememberedAnswers.inactive,
  })

  /** The response under this hash, unless it is older than is asked for, or the token has expired since. */
  find(
    hash: string,
    { maxAge, negativeMaxAge }: ResponseAges,
    now: Moment,
  ): IntrospectionResponse | undefined {
    const refused = this.#inactive.get(hash)
    if (refused !== undefined && secondsBetween(refused.askedAt, now) < negativeMaxAge)
      return refused
    const known = this.#active.get(hash)
    if (known === undefined || !(secondsBetween(known.askedAt, now) < maxAge)) return undefined
    const { exp } = known.claims
    return typeof exp === 'number' && now.wall / 1000 >= exp ? undefined : known
  }

  /** Returns whether the token was active when it was last asked about, however long ago that is. */
  wasActive(hash: string): boolean {
    return this.#active.has(hash)
  }

  /** Takes a response in the place of what was known, unless that was asked for later. */
  remember(hash: string, response: IntrospectionResponse): void {
    const known = this.#active.peek(hash) ?? this.#inactive.peek(hash)
    if (known !== undefined && known.askedAt.monotonic > response.askedAt.monotonic) return
    this.forget(hash)
    if (response.active) this.#active.set(hash, response)
    else this.#inactive.set(hash, response)
  }

  forget(hash: string): void {
    this.#active.delete(hash)
    this.#inactive.delete(hash)
  }

  /** Forgets what was called active. */
  clear(): void {
    this.#active.clear()
  }
}
