import { NO_CACHE } from '../http/contestants.ts'
import { WITHOUT_CACHE } from '../without-cache.ts'
import { awsJwtVerify } from './aws-jwt-verify.ts'
import { bearward, bearwardWith } from './bearward.ts'
import type { Contestant } from './contestant.ts'
import { fastJwt } from './fast-jwt.ts'
import { jose } from './jose.ts'

export type Contestants = Readonly<Record<string, Contestant>>

/** Those that say whether a token is good, and not its signature alone. */
export const VERIFIERS: Contestants = {
  bearward,
  [NO_CACHE]: bearwardWith(WITHOUT_CACHE),
  jose,
  'fast-jwt': fastJwt,
  'aws-jwt-verify': awsJwtVerify,
}
