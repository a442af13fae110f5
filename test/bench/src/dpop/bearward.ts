import { memoryReplay } from '@bearward/core'
import { createApi } from './api.ts'
import type { ProofContestant } from './contestant.ts'

/** Creates a store for many proofs of one client. The default limits of the store would refuse these proofs. */
const createStore = () => memoryReplay({ maxEntries: 1_000_000, maxPerKey: 1_000_000 })

export const bearward: ProofContestant = (bound) =>
  createApi(bound, { replay: createStore(), isKeyCached: true })

export const bearwardWithNewKey: ProofContestant = (bound) =>
  createApi(bound, { replay: createStore(), isKeyCached: false })
