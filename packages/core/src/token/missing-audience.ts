import { BoundedCache } from '../lib/bounded-cache.ts'
import type { Clock } from '../lib/clock.ts'
import type { Publish } from '../lib/publisher.ts'
import { LIMITS } from '../limits.ts'
import { showClientId } from '../subject/personal-claims.ts'
import type { VerifiedToken } from './verified-token.ts'

/**
 * Published when a token without `aud` was accepted, because the date in the option `audienceRequiredFrom` is in the future.
 * Published at most once an hour for each client.
 *
 * @example
 * ```ts
 * {
 *   type: 'audience_missing',
 *   issuer: 'https://login.example.com/',
 *   clientId: 'reports-cron',
 *   requiredFrom: '2027-02-01',
 * }
 * ```
 */
export interface AudienceMissingEvent {
  readonly type: 'audience_missing'
  readonly issuer: string
  /** The client to which the token was issued, if the token contains a client id. */
  readonly clientId: string | undefined
  /** The option `audienceRequiredFrom`. From this date on, such tokens are refused. */
  readonly requiredFrom: string
}

/** Reports tokens without audience, and limits the number of reports. */
export class MissingAudienceReports {
  readonly #clock: Clock
  readonly #publish: Publish<AudienceMissingEvent>
  /** The time of the last report for each issuer and client, in monotonic milliseconds. */
  readonly #reportedAt = new BoundedCache<number>(LIMITS.reportedClients, Infinity, () => 1)

  constructor(clock: Clock, publish: Publish<AudienceMissingEvent>) {
    this.#clock = clock
    this.#publish = publish
  }

  /** Publishes the event if the verified token has no audience. */
  report({ token, issuer: { settings } }: VerifiedToken): void {
    const { audiences, audienceRequiredFrom } = settings
    if (audienceRequiredFrom === undefined || audiences === null || token.audience.length > 0)
      return
    const { issuer } = token
    const clientId = showClientId(token.clientId, settings)
    const key = JSON.stringify([issuer, clientId])
    const now = this.#clock.monotonic()
    const before = this.#reportedAt.get(key)
    if (before !== undefined && now - before < HOUR) return
    this.#reportedAt.set(key, now)
    const requiredFrom = new Date(audienceRequiredFrom * 1000).toISOString().slice(0, 10)
    this.#publish('audience_missing', () => ({ issuer, clientId, requiredFrom }))
  }
}

/** Milliseconds. */
const HOUR = 3_600_000
