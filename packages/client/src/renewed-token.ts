import { withDeadline } from '@bearward/core/authorization-server'
import { TokenError } from './errors.ts'
import type { Purpose } from './purpose.ts'
import type { Settings } from './read-options.ts'
import { GrantedToken, type Token } from './token.ts'
import type { TokenEndpoint } from './token-endpoint.ts'
import { type Moment, TOKEN_TIMES, TokenLifeCycle } from './token-life-cycle.ts'
import { type Grant, requestToken, tokenErrorOf } from './token-request.ts'

/** One token and its successors. */
export interface RenewedToken {
  /** A good token. A caller who waits for one can be called off. */
  get(signal: AbortSignal | undefined): Promise<Token>
  /** Forgets the token with this value, or whichever there is. */
  drop(value: string | undefined): void
  /** Whether this is the value of the held token, and was asked for so lately that the next would be no better. */
  isTooYoung(value: string): boolean
}

export interface RenewedTokenReports {
  granted(
    type: 'token_requested' | 'token_renewed',
    grant: { duration: number; lifetime: number; missingScopes: readonly string[] },
  ): void
  cached(): void
  failed(error: TokenError, duration: number, covered: boolean): void
  invalidated(): void
}

export interface RenewedTokenOptions {
  readonly settings: Settings
  readonly purpose: Purpose
  readonly endpoint: TokenEndpoint
  readonly closed: AbortSignal
  readonly reports: RenewedTokenReports
  /** From 0 to 1: spreads the attempts of many processes. */
  readonly random?: () => number
}

/** A request for a token, with all its attempts. */
interface Flight {
  readonly token: Promise<Token>
  /** How many callers wait for it. A renewal ahead of time has none. */
  waiting: number
  /** Nobody waits any more. */
  readonly abandoned: AbortController
}

/** `TokenLifeCycle` decides; this carries out what it decides. Nothing happens unless somebody asks. */
export function renewedToken(options: RenewedTokenOptions): RenewedToken {
  const { settings, purpose, endpoint, closed, reports, random = Math.random } = options
  const { clock, clientId, clientAuthentication, fetch, attempts, patience } = settings
  const bounds = { clock, timeout: settings.fetchTimeout * 1000, closed }
  const lifeCycle = new TokenLifeCycle<Token>(settings.renewBefore, random)
  const now = (): Moment => ({ wall: clock.now(), monotonic: clock.monotonic() })
  let flight: Flight | undefined
  let lastError: TokenError | undefined

  function start(): Flight {
    lifeCycle.begin()
    const abandoned = new AbortController()
    // Begins a turn later, when the flight is known.
    const token = Promise.resolve()
      .then(() => makeAttempts(begun))
      .finally(() => {
        lifeCycle.end()
        flight = undefined
      })
    const begun: Flight = { token, waiting: 0, abandoned }
    // Where nobody waits, nobody else looks at how it ends.
    token.catch(() => {})
    flight = begun
    return begun
  }

  async function makeAttempts(own: Flight): Promise<Token> {
    const begun = clock.monotonic()
    for (let attempt = 1; ; attempt++) {
      const askedAt = now()
      try {
        return keep(await ask(), askedAt)
      } catch (thrown) {
        const error = tokenErrorOf(thrown, clock.now())
        const failedAt = now()
        const pause = lifeCycle.fail(attempt, failedAt, error.retryAfter)
        const isCovered = lifeCycle.plan(failedAt).token !== undefined
        lastError = error
        reports.failed(error, (failedAt.monotonic - askedAt.monotonic) / 1000, isCovered)
        const elapsed = (failedAt.monotonic - begun) / 1000
        const isWorthIt = error.isTransient && attempt < attempts && elapsed + pause <= patience
        if (!isWorthIt || own.waiting === 0 || closed.aborted) throw error
        await sleep(pause, own.abandoned.signal)
        if (closed.aborted) throw new TokenError('closed')
        if (own.waiting === 0) throw error
      }
    }
  }

  async function ask(): Promise<Grant> {
    return withDeadline(bounds, async (signal) => {
      const address = await endpoint.find(signal)
      const issuer = settings.issuer ?? address
      const call = { issuer, clientId, clientAuthentication, purpose, fetch, clock }
      try {
        return await requestToken({ ...call, endpoint: address }, signal)
      } catch (error) {
        if (error instanceof TokenError && error.code === 'endpoint_not_found') endpoint.isGone()
        throw error
      }
    })
  }

  function keep(grant: Grant, askedAt: Moment): Token {
    const { value, expiresIn, scopes = purpose.scopes } = grant
    const missing = purpose.scopes.filter((scope) => !scopes.includes(scope))
    const expiresAt =
      expiresIn === undefined ? undefined : Math.floor(askedAt.wall / 1000 + expiresIn)
    const lifetime = Math.min(expiresIn ?? settings.assumedLifetime, TOKEN_TIMES.longestLifetime)
    const token = new GrantedToken(value, expiresAt, scopes, missing)
    const isRenewal = lifeCycle.plan(now()).token !== undefined
    lifeCycle.succeed(token, lifetime, askedAt)
    const duration = (clock.monotonic() - askedAt.monotonic) / 1000
    reports.granted(isRenewal ? 'token_renewed' : 'token_requested', {
      duration,
      lifetime,
      missingScopes: token.missingScopes,
    })
    return token
  }

  /** Waits so many seconds, or until nobody wants to wait any more. */
  function sleep(seconds: number, abandoned: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        cancel()
        closed.removeEventListener('abort', wake)
        abandoned.removeEventListener('abort', wake)
        resolve()
      }
      const cancel = clock.after(seconds * 1000, wake)
      closed.addEventListener('abort', wake)
      abandoned.addEventListener('abort', wake)
    })
  }

  async function join(own: Flight, signal: AbortSignal | undefined): Promise<Token> {
    own.waiting++
    try {
      return await unlessAborted(own.token, signal)
    } finally {
      own.waiting--
      if (own.waiting === 0) own.abandoned.abort()
    }
  }

  return {
    async get(signal) {
      signal?.throwIfAborted()
      const plan = lifeCycle.plan(now())
      const joined = plan.start ? start() : flight
      if (plan.token !== undefined) {
        reports.cached()
        return plan.token
      }
      if (joined !== undefined) return join(joined, signal)
      // The last attempt has failed a moment ago.
      const { code, status, message } = lastError!
      const detail = `as before: ${message}`
      throw new TokenError(code, { status, detail, retryAfter: lifeCycle.retryAfter(now()) })
    },

    drop(value) {
      const isIt = (token: Token) => value === undefined || token.value === value
      if (lifeCycle.age(isIt, now()) === undefined) return
      lifeCycle.drop(isIt)
      if (!closed.aborted) reports.invalidated()
    },

    isTooYoung(value) {
      const age = lifeCycle.age((token) => token.value === value, now())
      return age !== undefined && age < TOKEN_TIMES.tooYoung
    },
  }
}

/** The promise, unless the signal is aborted first. */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise
  let stop = () => {}
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason as Error)
    signal.addEventListener('abort', stop)
  })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
