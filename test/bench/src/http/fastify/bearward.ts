import { createBearward } from '@bearward/fastify'
import { type CacheOption, WITHOUT_CACHE } from '../../without-cache.ts'
import type { Api } from '../contestant.ts'
import { bearwardOptions } from '../with-bearward.ts'
import { apiBehind } from './api-behind.ts'

export const api = contestant({})

export const apiWithoutCache = contestant(WITHOUT_CACHE)

function contestant(cache: CacheOption): Api {
  return (setup) =>
    apiBehind(async (app) => {
      const bearward = createBearward(bearwardOptions(setup, cache))
      await app.register(bearward.plugin)
      return bearward.requireToken()
    })
}
