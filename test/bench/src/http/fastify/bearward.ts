import { createBearward, type ResourceServerOptions } from '@bearward/fastify'
import { WITHOUT_CACHE } from '../../without-cache.ts'
import type { Api } from '../contestant.ts'
import { apiBehind } from './api-behind.ts'

function apiWith(options: Partial<ResourceServerOptions>): Api {
  return ({ issuer, audience, jwksUri, prefetch }) =>
    apiBehind(async (app) => {
      const keys = jwksUri === undefined ? {} : { jwksUri }
      const bearward = createBearward({
        issuer,
        audience,
        ...keys,
        ...options,
      } as ResourceServerOptions)
      if (prefetch) await bearward.ready()
      await app.register(bearward.plugin)
      return bearward.requireToken()
    })
}

export const api = apiWith({})

export function apiWithout(): Api {
  return apiWith(WITHOUT_CACHE)
}
