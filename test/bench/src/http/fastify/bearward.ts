import { createBearward } from '@bearward/fastify'
import { toBearwardOptions } from '../bearward-options.ts'
import type { Api } from '../contestant.ts'
import { createApi } from './create-api.ts'

export const api: Api = (setup) =>
  createApi(async (app) => {
    const bearward = createBearward(toBearwardOptions(setup))
    await app.register(bearward.plugin)
    return bearward.requireToken()
  })
