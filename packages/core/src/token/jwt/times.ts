import type { JsonObject } from '../../lib/json.ts'
import { ifOwn } from '../../lib/objects.ts'
import type { IssuerSettings } from '../../model/settings.ts'
import { Rejection } from '../../response/rejection.ts'
import { getAudience } from './audience.ts'

/**
 * Checks the times of a token (RFC 7519 sections 4.1.4 to 4.1.6). `now` is in seconds since the epoch. It must be before
 * `exp`, and not before `nbf` or `iat`. If `maxTokenAge` is set, the token must not be older than that. The clock
 * tolerance of the issuer applies to each of these checks. From the time `audienceRequiredFrom` on, a token without audience
 * is rejected.
 *
 * Does NOT check the types of the claims, or that they are present: `checkClaimTypes` does.
 */
export function checkTimes(
  claims: JsonObject,
  settings: IssuerSettings,
  now: number,
): Rejection | undefined {
  const { clockTolerance: tolerance, maxTokenAge } = settings
  const exp = ifOwn(claims['exp'], claims, 'exp') as number | undefined
  const nbf = ifOwn(claims['nbf'], claims, 'nbf') as number | undefined
  const iat = ifOwn(claims['iat'], claims, 'iat') as number | undefined
  // The negated comparison rejects the token if `now` is NaN.
  if (exp !== undefined && !(now < exp + tolerance)) {
    return rejected('expired', 'exp', 'a time in the future', `${describeSeconds(now - exp)} ago`)
  }
  if (nbf !== undefined && now < nbf - tolerance) {
    return rejected(
      'not_yet_valid',
      'nbf',
      'a time in the past',
      `in ${describeSeconds(nbf - now)}`,
    )
  }
  if (iat !== undefined && now < iat - tolerance) {
    return rejected(
      'issued_in_future',
      'iat',
      'a time in the past',
      `in ${describeSeconds(iat - now)}`,
    )
  }
  if (maxTokenAge !== undefined && now > iat! + maxTokenAge + tolerance) {
    const found = `${describeSeconds(now - iat!)} ago`
    return rejected('too_old', 'iat', `at most ${maxTokenAge} s ago`, found)
  }
  const { audienceRequiredFrom: date } = settings
  if (date !== undefined && !(now < date) && getAudience(claims) === undefined) {
    return rejected(
      'wrong_audience',
      'aud',
      'an audience, because the date audienceRequiredFrom has passed',
      'nothing',
    )
  }
  return undefined
}

/** Describes seconds as a whole number, rounded up, so that a part of a second is not shown as 0 s. */
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
