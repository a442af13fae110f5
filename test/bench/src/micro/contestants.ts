import { NO_CACHE } from '../without-cache.ts'
import type { Contestant } from './contestant.ts'

/** Names of two baselines: the first only verifies the signature, and the second only creates the string of a token. */
export const SIGNATURE_ALONE = 'crypto.verify'
export const FRESH_STRING = 'a fresh string'
/** Name of the only peer that can cache verified tokens. Its cache is off by default. */
export const PEER_WITH_CACHE = 'fast-jwt, cache'
/** Name of Bearward with the option `dpop`. */
export const WITH_DPOP = 'bearward, option dpop'

/** Returns whether a contestant is Bearward, with or without its cache. */
export function isBearward(name: string): boolean {
  return name.startsWith('bearward')
}

/** Contestants that verify whole tokens. Each is imported separately, so a process loads the code of only one contestant. */
const VERIFYING: Readonly<Record<string, () => Promise<Contestant>>> = {
  bearward: async () => (await import('./bearward.ts')).bearward,
  [NO_CACHE]: async () => (await import('./bearward.ts')).bearwardWithoutCache,
  jose: async () => (await import('./jose.ts')).jose,
  'fast-jwt': async () => (await import('./fast-jwt.ts')).fastJwt,
  'aws-jwt-verify': async () => (await import('./aws-jwt-verify.ts')).awsJwtVerify,
}
export const VERIFIERS: readonly string[] = Object.keys(VERIFYING)

export const CONTESTANTS: typeof VERIFYING = {
  ...VERIFYING,
  [WITH_DPOP]: async () => (await import('./bearward.ts')).bearwardWithDpop,
  [SIGNATURE_ALONE]: async () => (await import('./signature-alone.ts')).signatureAlone,
  [FRESH_STRING]: async () => (await import('./fresh-string.ts')).freshString,
  [PEER_WITH_CACHE]: async () => (await import('./fast-jwt.ts')).fastJwtWithCache,
}
