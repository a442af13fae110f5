import { type Publish, toLoggedAddress } from '@bearward/core/internal'
import type { TokenError } from './errors.ts'
import { toEventDetail } from './failure.ts'
import type { SourceSettings } from './source-settings.ts'
import type { MutableTokenCounters } from './token-counters.ts'
import type {
  TokenEvent,
  TokenEventBase,
  TokenFailedEvent,
  TokenIssuedEvent,
} from './token-events.ts'
import type { TokenTarget } from './token-target.ts'

/** Options for `createTokenReports`. */
export interface TokenReportsOptions {
  readonly settings: SourceSettings
  readonly target: TokenTarget
  readonly publish: Publish<TokenEvent>
  readonly counters: MutableTokenCounters
}

/** Functions that count and publish the events about the token of one target. */
export interface TokenReports {
  /** Reports a new token. `isRenewal`: the previous token was still valid. */
  arrived(
    isRenewal: boolean,
    members: Pick<TokenIssuedEvent, 'duration' | 'lifetime' | 'cached' | 'missingScopes'>,
  ): void
  /** Reports that a caller got the cached token. */
  cached(): void
  /** Reports a failed token request. */
  failed(error: TokenError, members: Pick<TokenFailedEvent, 'duration' | 'covered'>): void
  /** Reports that the token was rejected or removed. */
  invalidated(): void
}

/** Creates the reports about the token of one target. */
export function createTokenReports({
  settings: { issuer, tokenEndpoint, clientId },
  target,
  publish,
  counters,
}: TokenReportsOptions): TokenReports {
  const base: TokenEventBase = {
    server: issuer ?? toLoggedAddress(tokenEndpoint!),
    clientId,
    scope: target.scopes,
    resource: target.resources,
    audience: target.audience,
  }
  return {
    arrived(isRenewal, members) {
      counters[isRenewal ? 'renewed' : 'issued']++
      counters.duration += members.duration
      publish(isRenewal ? 'token_renewed' : 'token_issued', () => ({ ...base, ...members }))
    },
    cached() {
      counters.cached++
      publish('token_cached', () => ({ ...base }))
    },
    failed(error, members) {
      const { code, fault } = error
      counters.failed++
      counters.duration += members.duration
      publish('token_failed', () => {
        const detail = toEventDetail(error)
        return { ...base, code, fault, detail, ...members }
      })
    },
    invalidated() {
      counters.invalidated++
      publish('token_invalidated', () => ({ ...base }))
    },
  }
}
