import { FetchError } from '../authorization-server/bounded-fetch.ts'
import { type Bounds, withDeadline } from '../authorization-server/deadline.ts'
import type { CallFailure } from '../authorization-server/describe-failure.ts'
import { describeThrown } from '../authorization-server/network-cause.ts'
import { ConfigurationError } from '../errors.ts'
import { ignoreRejection } from '../lib/ignore-rejection.ts'
import type { DynamicIssuerSettings, CheckedIssuer } from '../model/settings.ts'
import type { ResolutionFailure } from '../model/resolution-failure.ts'
import { describeType } from '../response/rejection.ts'
import { BusyError, type CallSlots } from './call-slots.ts'
import { isIssuerName } from './issuer-name.ts'

export type FailedResolution = CallFailure<ResolutionFailure>

/**
 * Calls `match`. Returns a failure if `match` throws, or returns a value that is not a boolean. For example, a promise must not be
 * treated as `true`.
 */
export function callMatch(
  iss: string,
  { match }: DynamicIssuerSettings,
): boolean | FailedResolution {
  try {
    const result = match(iss)
    if (typeof result === 'boolean') return result
    ignoreRejection(result)
    return {
      failure: 'match_failed',
      detail: `match returned ${describeType(result)} instead of a boolean`,
    }
  } catch (error) {
    return { failure: 'match_failed', detail: `match threw ${describeThrown(error)}` }
  }
}

/**
 * Returns whether a name has the form of a dynamic issuer, and `match` accepts this name. Does NOT call `resolve`.
 *
 * @throws {ConfigurationError} if `match` fails
 */
export function canResolve(name: unknown, dynamic: DynamicIssuerSettings): name is string {
  if (!isIssuerName(name)) return false
  const result = callMatch(name, dynamic)
  if (typeof result === 'boolean') return result
  throw new ConfigurationError('The function match in issuers has failed', [`${result.detail}.`])
}

/**
 * Returns whether a requirement can name this dynamic issuer. Returns `true` if `match` fails: a requirement only restricts access,
 * and tokens of the issuer get 503 while `match` fails.
 */
export function mayResolve(name: unknown, dynamic: DynamicIssuerSettings): name is string {
  return isIssuerName(name) && callMatch(name, dynamic) !== false
}

/**
 * Calls `resolve`, and reads the options in its result. Returns `undefined` if the result is `undefined` or `null`, because the
 * application does not know the issuer. For `isProved`, see `IssuerCache`. Never rejects.
 */
export async function resolveIssuer(
  iss: string,
  dynamic: DynamicIssuerSettings,
  { slots, bounds, isProved }: { slots: CallSlots; bounds: Bounds; isProved: boolean },
): Promise<CheckedIssuer | undefined | FailedResolution> {
  let hasStarted = false
  let options: unknown
  try {
    options = await withDeadline(bounds, async (signal) => {
      const release = await slots.acquire(isProved, signal)
      // The signal is also aborted when the work has ended.
      signal.addEventListener('abort', release, { once: true })
      if (signal.aborted) return release()
      hasStarted = true
      return dynamic.resolve(iss, { signal })
    })
  } catch (error) {
    return describeSafely(() => toFailure(error, hasStarted, bounds.timeout), RESOLVE_FAILED)
  }
  if (options === undefined || options === null) return undefined
  try {
    return dynamic.read(options, iss)
  } catch (error) {
    return describeSafely(() => toInvalidOptions(error), UNREADABLE)
  }
}

const RESOLVE_FAILED: FailedResolution = {
  failure: 'resolve_failed',
  detail: 'resolve threw an error',
}

const UNREADABLE: FailedResolution = {
  failure: 'invalid_options',
  detail: 'the options could not be read',
}

/** Calls `describe`. Returns `otherwise` if `describe` throws. An error of the application can have members that throw. */
function describeSafely(
  describe: () => FailedResolution,
  otherwise: FailedResolution,
): FailedResolution {
  try {
    return describe()
  } catch {
    return otherwise
  }
}

/**
 * Describes an error that the options of an issuer have caused. The error is a `ConfigurationError`, unless the options have a cycle
 * or a member that throws.
 */
export function toInvalidOptions(error: unknown): FailedResolution {
  if (!(error instanceof ConfigurationError)) return UNREADABLE
  return { failure: 'invalid_options', detail: error.problems.join(' ') }
}

function toFailure(error: unknown, hasStarted: boolean, timeout: number): FailedResolution {
  const isTimeout = error instanceof FetchError && error.failure === 'timeout'
  if (error instanceof BusyError || (isTimeout && !hasStarted)) {
    return { failure: 'resolve_busy', detail: 'too many calls of resolve at the same time' }
  }
  if (isTimeout) {
    const detail = `resolve returned no result within ${timeout / 1000} s`
    return { failure: 'resolve_timeout', detail }
  }
  if (error instanceof FetchError) {
    return { failure: 'closed', detail: 'the resource server was closed' }
  }
  return { failure: 'resolve_failed', detail: `resolve threw ${describeThrown(error)}` }
}
