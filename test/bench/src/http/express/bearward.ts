import { createBearward } from '@bearward/express'
import { type CacheOption, WITHOUT_CACHE } from '../../without-cache.ts'
import type { Api } from '../contestant.ts'
import { toBearwardOptions } from '../bearward-options.ts'
import { createApi } from './create-api.ts'

export const api = createContestant({})

export const apiWithoutCache = createContestant(WITHOUT_CACHE)

function createContestant(cache: CacheOption): Api {
  return async (setup) => {
    const bearward = createBearward(toBearwardOptions(setup, cache))
    if (setup.prefetch) await bearward.ready()
    return createApi(bearward.requireToken())
  }
}
