import type { ResourceServerOptions } from '@bearward/core'
import type { CacheOption } from '../without-cache.ts'
import type { Setup } from './contestant.ts'

/** What Bearward is told on every framework. */
export function bearwardOptions(setup: Setup, cache: CacheOption): ResourceServerOptions {
  const { issuer, audience, jwksUri } = setup
  return { issuer, audience, ...(jwksUri === undefined ? {} : { jwksUri }), ...cache }
}
