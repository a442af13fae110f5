/**
 * A check of replay stores, for the tests of a store.
 *
 * @module @bearward/core/check-replay-store
 */
import { encodeBase64url } from '#base64url'
import type { ProofUse, ReplayStore } from './binding/replay-store.ts'
import type { MaybePromise } from './lib/maybe-promise.ts'

export type { ProofUse, ReplayStore, ReplayStoreConfiguration } from './binding/replay-store.ts'

/**
 * Options for `checkReplayStore`.
 *
 * @example
 * const options: CheckReplayStoreOptions = {
 *   breakStore: () => server.kill('SIGSTOP'),
 *   restoreStore: () => server.kill('SIGCONT'),
 * }
 */
export interface CheckReplayStoreOptions {
  /**
   * Function that advances the clock of the store by the given number of milliseconds. If it is set, the check also verifies that
   * the store forgets a proof after its `ttl`. If it is not set, the check waits for 600 milliseconds.
   *
   * @default the check waits
   */
  readonly advance?: (milliseconds: number) => unknown
  /**
   * Function that makes the store unavailable, for example by stopping the server. While the store is unavailable, every use
   * must reject. Requires `restoreStore`.
   *
   * @default not checked
   */
  readonly breakStore?: () => unknown
  /**
   * Function that makes the store available again. Required with `breakStore`.
   *
   * @default none
   */
  readonly restoreStore?: () => unknown
  /**
   * Function that fills the store until it has no space for another entry. A full store must reject a new proof, and must not
   * forget an earlier proof. This is the last check, so the store can stay full.
   *
   * @default not checked
   */
  readonly fill?: () => unknown
  /**
   * Maximum time for a single call, in milliseconds.
   *
   * @default 5000
   */
  readonly timeout?: number
}

/** Number of simultaneous uses of one proof. */
const SIMULTANEOUS = 100
/** Number of other proofs that are used between the two uses of a proof. */
const OTHERS = 2000
/** The `ttl` of a use in milliseconds, unless a check sets a different `ttl`. */
const TTL = 60_000
/** The `ttl` in milliseconds for the check of the `ttl`, if `advance` is not set. */
const SHORT_TTL = 1000
/**
 * Milliseconds that the check of the `ttl` waits if `advance` is not set. The remaining 400 ms of `SHORT_TTL` are a margin for a
 * slow store.
 */
const SHORT_PAUSE = 600

/**
 * Checks that a store meets the requirements of `ReplayStore`. Works without a test runner. Adds about 2000 entries to the store,
 * so do not run it in production.
 *
 * Checks the first and the second use of a proof, different ids, simultaneous uses, the `ttl`, many entries, `ready()` and
 * `configuration()`. Checks an unavailable store if `breakStore` is set, and a full store if `fill` is set. Does NOT check uses by
 * several processes, failovers and restarts.
 *
 * @example
 * test('the store detects replays', () => checkReplayStore(createStore()))
 *
 * @throws {TypeError} if `breakStore` is set without `restoreStore`
 * @throws {Error} if the store does not meet the requirements: lists every violation
 */
export async function checkReplayStore(
  store: ReplayStore,
  options: CheckReplayStoreOptions = {},
): Promise<void> {
  const { breakStore, restoreStore, timeout = 5000 } = options
  if (breakStore !== undefined && restoreStore === undefined)
    throw new TypeError(
      'breakStore requires restoreStore, the function that makes the store available again.',
    )
  const violations: string[] = []
  const context: Context = {
    options,
    use: (proof) => call(() => store.firstUse({ key: createId(), ttl: TTL, ...proof }), timeout),
    report(violation) {
      if (!violations.includes(violation)) violations.push(violation)
    },
  }
  await checkReady(store, timeout, context)
  const settles = await checkSettles(context)
  if (settles) for (const check of CHECKS) await check(context)
  if (violations.length === 0) return
  throw new Error(`The replay store has faults:\n${violations.map((one) => `- ${one}`).join('\n')}`)
}

interface Context {
  readonly options: CheckReplayStoreOptions
  /** Uses a proof. Never rejects. */
  readonly use: (proof: Partial<ProofUse> & Pick<ProofUse, 'id'>) => Promise<Result>
  readonly report: (violation: string) => void
}

/** Result of a call of the store. */
type Result =
  | { readonly kind: 'returned'; readonly value: unknown }
  | { readonly kind: 'rejected'; readonly message: string | undefined }
  /** The call did not settle in time. */
  | { readonly kind: 'late'; readonly timeout: number }

/** Calls a function of the store. Never rejects. */
async function call(work: () => MaybePromise<unknown>, timeout: number): Promise<Result> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<Result>((resolve) => {
    timer = setTimeout(() => resolve({ kind: 'late', timeout }), timeout)
  })
  const settled = (async (): Promise<Result> => {
    try {
      return { kind: 'returned', value: await work() }
    } catch (error) {
      return {
        kind: 'rejected',
        message: error instanceof Error ? error.message : undefined,
      }
    }
  })()
  try {
    return await Promise.race([settled, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Returns whether a call returned this value. */
function hasReturned(result: Result, value: boolean): boolean {
  return result.kind === 'returned' && result.value === value
}

async function checkReady(store: ReplayStore, timeout: number, { report }: Context): Promise<void> {
  if (store.ready !== undefined) {
    const result = await call(() => store.ready!(), timeout)
    if (result.kind !== 'returned') report(`ready() ${toWords(result)}`)
  }
  if (store.configuration === undefined) return
  const configuration: unknown = store.configuration()
  if (configuration === 'unsuitable')
    report("configuration() is 'unsuitable': correct the configuration of the store.")
  else if (configuration !== 'verified' && configuration !== 'unverified')
    report("configuration() must return 'verified', 'unverified' or 'unsuitable'.")
}

const CHECKS: readonly ((context: Context) => Promise<void>)[] = [
  checkOrder,
  checkIds,
  checkSimultaneousUses,
  checkTimeToLive,
  checkManyEntries,
  checkUnavailable,
  checkFull,
]

/** Returns whether a use settles. If it does not, the other checks are skipped, because each of them would wait for the timeout. */
async function checkSettles({ use, report }: Context): Promise<boolean> {
  const result = await use({ id: createId() })
  const settles = result.kind !== 'late'
  if (!settles) report(`A use ${toWords(result)}.`)
  return settles
}

async function checkOrder({ use, report }: Context): Promise<void> {
  const id = createId()
  const first = await use({ id })
  if (!hasReturned(first, true))
    report(`The first use of a proof must return true, but it ${toWords(first)}.`)
  for (const key of [createId(), createId()]) {
    const again = await use({ id, key })
    if (hasReturned(again, false)) continue
    report(`Another use of the same id must return false, but it ${toWords(again)}.`)
  }
}

async function checkIds({ use, report }: Context): Promise<void> {
  const id = `${createId().slice(0, 40)}aA-`
  // Some databases ignore case when they compare strings, or compare only the beginning of a string.
  const others = [`${id.slice(0, 40)}AA-`, `${id.slice(0, 40)}aA_`, `b${id.slice(1)}`]
  await use({ id })
  for (const other of new Set(others)) {
    if (other === id) continue
    const result = await use({ id: other })
    if (!hasReturned(result, true))
      report(
        `Ids that differ in one character are different proofs, but the use of the second id ${toWords(result)}.`,
      )
  }
}

async function checkSimultaneousUses({ use, report }: Context): Promise<void> {
  const id = createId()
  const results = await Promise.all(Array.from({ length: SIMULTANEOUS }, () => use({ id })))
  const first = results.filter((result) => hasReturned(result, true)).length
  if (first !== 1)
    report(
      `Of ${SIMULTANEOUS} simultaneous uses of an id, exactly one must return true, not ${first}.`,
    )
  const other = results.find((result) => !hasReturned(result, true) && !hasReturned(result, false))
  if (other !== undefined)
    report(`A simultaneous use must return a boolean, but it ${toWords(other)}.`)
}

async function checkTimeToLive({ options, use, report }: Context): Promise<void> {
  const id = createId()
  const { advance } = options
  const [ttl, pause] = advance === undefined ? [SHORT_TTL, SHORT_PAUSE] : [TTL, TTL - 1000]
  const start = performance.now()
  await use({ id, ttl })
  if (advance === undefined) await new Promise((resolve) => setTimeout(resolve, pause))
  else await advance(pause)
  const result = await use({ id, ttl })
  // On a busy computer, the `ttl` may already have passed when the second use starts.
  const isOver = advance === undefined && performance.now() - start >= ttl
  if (!hasReturned(result, false) && !isOver)
    report(
      `A use must be remembered for its ttl, but another use before the end of the ttl ${toWords(result)}.`,
    )
  if (advance === undefined) return
  await advance(2 * TTL)
  const later = await use({ id, ttl })
  if (!hasReturned(later, true))
    report(
      `A use must be forgotten after its ttl, so that the store does not grow, but then another use ${toWords(later)}.`,
    )
}

async function checkManyEntries({ use, report }: Context): Promise<void> {
  const id = createId()
  await use({ id })
  for (let i = 0; i < OTHERS; i += SIMULTANEOUS) {
    const results = await Promise.all(
      Array.from({ length: SIMULTANEOUS }, () => use({ id: createId() })),
    )
    const wrong = results.find((result) => !hasReturned(result, true) && result.kind !== 'rejected')
    if (wrong !== undefined)
      report(`The first use of a proof must return true, but it ${toWords(wrong)}.`)
  }
  const result = await use({ id })
  if (hasReturned(result, true))
    report(`A use must be remembered for its ttl, but it was forgotten after ${OTHERS} other uses.`)
}

async function checkUnavailable({ options, use, report }: Context): Promise<void> {
  const { breakStore, restoreStore } = options
  if (breakStore === undefined) return
  const id = createId()
  await use({ id })
  await breakStore()
  try {
    for (const each of [id, createId()]) {
      const result = await use({ id: each })
      if (result.kind === 'rejected') continue
      report(`A use must reject if the store is unavailable, but it ${toWords(result)}.`)
    }
  } finally {
    await restoreStore!()
  }
}

async function checkFull({ options, use, report }: Context): Promise<void> {
  if (options.fill === undefined) return
  const id = createId()
  await use({ id })
  await options.fill()
  const result = await use({ id: createId() })
  if (result.kind !== 'rejected')
    report(`The use of a new proof must reject if the store is full, but it ${toWords(result)}.`)
  if (hasReturned(await use({ id }), true))
    report('A full store must not forget a proof before its ttl has passed.')
}

/** Describes a result with a phrase that completes a sentence about a call. */
function toWords(result: Result): string {
  if (result.kind === 'late') return `does not settle within ${result.timeout} ms`
  if (result.kind === 'rejected') {
    const { message } = result
    return message === undefined
      ? 'rejects with a value that is not an Error'
      : `rejects: ${message}`
  }
  const { value } = result
  if (typeof value === 'boolean' || value === null) return `returns ${value}`
  return `returns a value of type ${typeof value}`
}

/** Returns a random id in the form of the ids of proofs. */
function createId(): string {
  return encodeBase64url(crypto.getRandomValues(new Uint8Array(32)))
}
