import { createBearward } from '@bearward/koa'
import { toBearwardOptions } from '../bearward-options.ts'
import type { Api } from '../contestant.ts'
import { createApi } from './create-api.ts'

export const api: Api = (setup) => {
  const bearward = createBearward(toBearwardOptions(setup))
  return createApi(bearward.requireToken())
}
