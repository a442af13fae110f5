import type { JsonObject } from '../../lib/json.ts'
import type { IssuerSettings } from '../../model/settings.ts'
import { Rejection } from '../../response/rejection.ts'

/**
 * Checks the times of a token against `now` (seconds since the epoch; RFC 7519 sections 4.1.4 to
 * 4.1.6): now has to be before `exp`, not before `nbf`, not before `iat`, each with the issuer's clock
 * tolerance, and `iat` no longer ago than the issuer's `maxTokenAge`. The types of the claims, and that
 * those are there which must be, have been checked before.
 */
export function checkTimes(
  claims: JsonObject,
  settings: IssuerSettings,
  now: number,
): Rejection | undefined {
  const { clockTolerance: tolerance, maxTokenAge } = settings
  const { exp, nbf, iat } = claims as { exp?: number; nbf?: number; iat?: number }
  // Asked this way round, so that a clock that gives no number lets nobody pass.
  if (exp !== undefined && !(now < exp + tolerance)) {
    return rejected('expired', 'exp', 'a time to come', `${describeSeconds(now - exp)} ago`)
  }
  if (nbf !== undefined && now < nbf - tolerance) {
    return rejected('not_yet_valid', 'nbf', 'a time gone by', `in ${describeSeconds(nbf - now)}`)
  }
  if (iat !== undefined && now < iat - tolerance) {
    return rejected('issued_in_future', 'iat', 'a time gone by', `in ${describeSeconds(iat - now)}`)
  }
  if (maxTokenAge !== undefined && now > iat! + maxTokenAge + tolerance) {
    const found = `${describeSeconds(now - iat!)} ago`
    return rejected('too_old', 'iat', `at most ${maxTokenAge} s ago`, found)
  }
  return undefined
}

/** Whole seconds, rounded up: a boundary that was missed by a part of a second is not missed by 0 s. */
function describeSeconds(seconds: number): string {
  return `${Math.ceil(seconds)} s`
}

function rejected(
  reason: Rejection['reason'],
  check: string,
  expected: string,
  found: string,
): Rejection {
  return new Rejection(reason, { check, expected, found })
}
