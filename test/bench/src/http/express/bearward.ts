import { createBearward, type ResourceServerOptions } from '@bearward/express'
import { WITHOUT_CACHE } from '../../without-cache.ts'
import type { Api } from '../contestant.ts'
import { apiBehind } from './api-behind.ts'

function apiWith(options: Partial<ResourceServerOptions>): Api {
  return async ({ issuer, audience, jwksUri, prefetch }) => {
    const keys = jwksUri === undefined ? {} : { jwksUri }
    const bearward = createBearward({
      issuer,
      audience,
      ...keys,
      ...options,
    } as ResourceServerOptions)
    if (prefetch) await bearward.ready()
    return apiBehind(bearward.requireToken())
  }
}

export const api = apiWith({})

export function apiWithout(): Api {
  return apiWith(WITHOUT_CACHE)
}
