import { NO_CACHE } from '../without-cache.ts'
import type { Contestant } from './contestant.ts'

/** What verifies a signature and nothing else, and what only makes a string of a token. */
export const FLOOR = 'crypto.verify alone'
export const FRESH_STRING = 'a fresh string'
/** The only peer with a memory for verified tokens, which is off unless it is asked for. */
export const PEER_WITH_CACHE = 'fast-jwt, cache'

/** Those that say whether a token is good. Each is imported alone, so that a process has the code of one. */
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
  [FLOOR]: async () => (await import('./signature-alone.ts')).signatureAlone,
  [FRESH_STRING]: async () => (await import('./fresh-string.ts')).freshString,
  [PEER_WITH_CACHE]: async () => (await import('./fast-jwt.ts')).fastJwtWithCache,
}
