import type { ResourceServerOptions } from '@bearward/core'
import type { ApiSettings } from './contestant.ts'

/** Converts the settings to options of Bearward, which are the same for every framework. */
export function toBearwardOptions({
  issuer,
  audience,
  jwksUri,
}: ApiSettings): ResourceServerOptions {
  return { issuer, audience, ...(jwksUri === undefined ? {} : { jwksUri }) }
}
