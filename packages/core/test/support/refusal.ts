import { type ParsedChallenge, parseChallenges } from '../../../../test/support/challenge-parser.ts'
import { refuse, type RefusalSettings, type Refused } from '../../src/response/refusal.ts'
import { Rejection } from '../../src/response/rejection.ts'

/** Settings of an API that has configured only its realm. */
export const REFUSAL: RefusalSettings = {
  realm: 'api',
  schemes: ['Bearer'],
  algs: undefined,
  resourceMetadata: undefined,
  errorBody: undefined,
  reportIgnored: () => {},
  onMetadataNamed: () => {},
}

/**
 * Summarizes the result of a check: `'passed'`, or the reason with the status and the error code of the response, such as
 * `'expired: 401 invalid_token'`.
 */
export function summarize(result: unknown): string {
  if (!(result instanceof Rejection)) return 'passed'
  const refused = refuse(result, REFUSAL, undefined)
  const { reason, status } = refused
  const [challenge] = readChallenges(refused)
  const error = challenge?.parameters.find(([name]) => name === 'error')?.[1]
  return `${reason}: ${status}${error === undefined ? '' : ` ${error}`}`
}

/** Parses the challenges of a refusal. It must have at most one `WWW-Authenticate` line. */
export function readChallenges({ headers }: Pick<Refused, 'headers'>): ParsedChallenge[] {
  const line = headers['WWW-Authenticate']
  if (line === undefined) return []
  if (typeof line !== 'string')
    throw new TypeError('The refusal has several WWW-Authenticate lines.')
  return parseChallenges(line)
}
