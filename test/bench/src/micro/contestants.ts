import { NO_CACHE } from '../http/contestants.ts'
import { withoutCache } from '../without-cache.ts'
import { awsJwtVerify } from './aws-jwt-verify.ts'
import { bearward, bearwardWith } from './bearward.ts'
import type { Contestant } from './contestant.ts'
import { fastJwt } from './fast-jwt.ts'
import { jose } from './jose.ts'

const off = withoutCache()

export type Contestants = Readonly<Record<string, Contestant>>

/** Those that say whether a token is good, and not its signature alone. */
export const VERIFIERS: Contestants = {
  bearward,
  ...(off && { [NO_CACHE]: bearwardWith(off) }),
  jose,
  'fast-jwt': fastJwt,
  'aws-jwt-verify': awsJwtVerify,
}
