import { parseChallenges } from '../../../../test/support/challenge-parser.ts'
import { refuse } from '../../src/outcome/refusal.ts'
import { Rejection } from '../../src/outcome/rejection.ts'

/**
 * What becomes of the result of a check: `'passed'`, or the reason with the status and the error code
 * that the caller gets to see, such as `'expired: 401 invalid_token'`.
 */
export function verdictOf(result: unknown): string {
  if (!(result instanceof Rejection)) return 'passed'
  const { reason, status, headers } = refuse(result, 'api', undefined)
  const [challenge] = parseChallenges(headers['WWW-Authenticate'] ?? 'none')
  const error = challenge?.parameters.find(([name]) => name === 'error')?.[1]
  return `${reason}: ${status}${error === undefined ? '' : ` ${error}`}`
}
