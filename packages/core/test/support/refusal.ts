import { type ParsedChallenge, parseChallenges } from '../../../../test/support/challenge-parser.ts'
import { refuse, type RefusalSettings, type Refused } from '../../src/response/refusal.ts'
import { Rejection } from '../../src/response/rejection.ts'

/** The settings of an API that has configured nothing but its realm. */
export const REFUSAL: RefusalSettings = {
  realm: 'api',
  errorBody: undefined,
  reportIgnored: () => {},
}

/**
 * Returns the result of a check in short: `'passed'`, or the reason with the status and the error code that
 * the caller sees, such as `'expired: 401 invalid_token'`.
 */
export function summarize(result: unknown): string {
  if (!(result instanceof Rejection)) return 'passed'
  const refused = refuse(result, REFUSAL, undefined)
  const { reason, status } = refused
  const [challenge] = readChallenges(refused)
  const error = challenge?.parameters.find(([name]) => name === 'error')?.[1]
  return `${reason}: ${status}${error === undefined ? '' : ` ${error}`}`
}

/** Parses the challenges of a refusal, which has one `WWW-Authenticate` line or none. */
export function readChallenges({ headers }: Pick<Refused, 'headers'>): ParsedChallenge[] {
  const line = headers['WWW-Authenticate']
  if (line === undefined) return []
  if (typeof line !== 'string') throw new TypeError('It has several WWW-Authenticate lines.')
  return parseChallenges(line)
}
