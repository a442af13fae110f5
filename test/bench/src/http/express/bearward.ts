import { createBearward } from '@bearward/express'
import { toBearwardOptions } from '../bearward-options.ts'
import type { Api } from '../contestant.ts'
import { createApi } from './create-api.ts'

export const api: Api = async (setup) => {
  const bearward = createBearward(toBearwardOptions(setup))
  if (setup.prefetch) await bearward.ready()
  return createApi(bearward.requireToken())
}
