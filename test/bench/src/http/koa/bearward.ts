import { createBearward } from '@bearward/koa'
import { type CacheOption, WITHOUT_CACHE } from '../../without-cache.ts'
import type { Api } from '../contestant.ts'
import { toBearwardOptions } from '../bearward-options.ts'
import { createApi } from './create-api.ts'

export const api = createContestant({})

export const apiWithoutCache = createContestant(WITHOUT_CACHE)

function createContestant(cache: CacheOption): Api {
  return (setup) => {
    const bearward = createBearward(toBearwardOptions(setup, cache))
    return createApi(bearward.requireToken())
  }
}
