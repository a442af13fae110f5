import { MemoryReplayStore, type MemoryReplayLimits } from '../binding/memory-replay-store.ts'
import type { ReplayStore } from '../binding/replay-store.ts'
import { Problems } from '../configuration-problems.ts'
import { type Clock, type ClockOption, systemClock } from '../lib/clock.ts'
import { clock } from './clock-option.ts'
import { createOptionContext } from './option-context.ts'
import { wholeNumber } from './option-rows.ts'
import { type OptionTable, readObject, readTable } from './option-table.ts'

/** Options for `memoryReplay`. */
export interface MemoryReplayOptions {
  /**
   * Maximum number of proofs that are remembered. A full store accepts no new proofs. Each proof takes about 300 bytes.
   *
   * @default 100000
   */
  readonly maxEntries?: number
  /**
   * Maximum number of proofs of one key that are remembered, so that one client cannot fill the store.
   *
   * @default 10000
   */
  readonly maxPerKey?: number
  /**
   * Source of the time, for tests: see the option `clock` of `createBearward`.
   *
   * @default the system clock
   */
  readonly clock?: ClockOption
}

const TITLE = 'The options of memoryReplay are wrong'

const OPTIONS: OptionTable<MemoryReplayOptions, MemoryReplayLimits & { readonly clock: Clock }> =
  /* @__PURE__ */ (() => ({
    maxEntries: wholeNumber({ min: 1, max: 10_000_000, default: 100_000 }),
    maxPerKey: wholeNumber({ min: 1, max: 10_000_000, default: 10_000 }),
    clock: clock(systemClock),
  }))()

/**
 * Creates a replay store in the memory of this process, for the option `dpop.replay`. Use it only for an API that runs in one
 * process on one computer: another process does not know the proofs that were used here. After a restart, proofs that are still
 * valid can be used once more.
 *
 * If the store is full, requests with new proofs get 503 by default. The store never forgets a proof that is still valid.
 *
 * @throws {ConfigurationError} if options are wrong
 * @example
 * createBearward({ issuer, resource: 'https://api.example.com', dpop: { replay: memoryReplay() } })
 */
export function memoryReplay(options: MemoryReplayOptions = {}): ReplayStore {
  const problems = new Problems()
  const own = readObject(options, '{ maxEntries, maxPerKey }', TITLE)
  const { clock: time, ...limits } = readTable(OPTIONS, own, createOptionContext(problems, own))
  problems.throwAs(TITLE)
  return new MemoryReplayStore(limits, time)
}
