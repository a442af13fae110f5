import type { ResourceServerOptions } from '@bearward/core'
import type { CacheOption } from '../without-cache.ts'
import type { ApiSettings } from './contestant.ts'

/** Converts the settings to options of Bearward, which are the same for every framework. */
export function toBearwardOptions(setup: ApiSettings, cache: CacheOption): ResourceServerOptions {
  const { issuer, audience, jwksUri } = setup
  return { issuer, audience, ...(jwksUri === undefined ? {} : { jwksUri }), ...cache }
}
