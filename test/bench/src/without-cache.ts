import {
  ConfigurationError,
  createResourceServer,
  type ResourceServerOptions,
} from '@bearward/core'
import { AUDIENCE, ISSUER } from './claims.ts'

const OFF: object = { verdictCache: { entries: 0 } }

/** The options that switch off the memory for verified tokens. `undefined` where there is none to switch off. */
export function withoutCache(): Partial<ResourceServerOptions> | undefined {
  try {
    createResourceServer({ issuer: ISSUER, audience: AUDIENCE, ...OFF }).close()
    return OFF
  } catch (error) {
    if (error instanceof ConfigurationError) return undefined
    throw error
  }
}
