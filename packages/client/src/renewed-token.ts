import { authenticateClient, FetchError, onAbort, withDeadline } from '@bearward/core/for-clients'
import { TokenError } from './errors.ts'
import { tokenErrorOf } from './failure.ts'
import type { Purpose } from './purpose.ts'
import type { Settings } from './read-options.ts'
import { GrantedToken, type Token } from './token.ts'
import { REQUESTS_AT_ONCE, type TokenEndpoint } from './token-endpoint.ts'
import { type Moment, secondsSince, TokenLifeCycle } from './token-life-cycle.ts'
import { requestToken } from './token-request.ts'
import type { AccessTokenResponse } from './token-response.ts'

/** One token and its successors. */
export interface RenewedToken {
  /** A good token. A caller who waits for one can be called off. */
  get(signal: AbortSignal | undefined): Promise<Token>
  /**
   * An API has rejected the token with this value: another is asked for, and until it comes this one goes on serving
   * other APIs. Returns whether another may fare better.
   */
  reject(value: string): boolean
  /** A good token with another value than this; `undefined` where none can be had now. */
  successorOf(value: string, signal: AbortSignal | undefined): Promise<Token | undefined>
  /** The same as `reject`, and the token is not handed out any more. */
  drop(value: string): boolean
  /** Forgets what is held, and what is being asked for. */
  clear(): void
}

export interface RenewedTokenReports {
  issued(
    type: 'token_issued' | 'token_renewed',
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
  /** Ends the pause between two attempts, where there is one and nobody waits any more. */
  leave?: (() => void) | undefined
}

/** `TokenLifeCycle` decides; this carries out what it decides. Nothing happens unless somebody asks. */
export function renewedToken(options: RenewedTokenOptions): RenewedToken {
  const { settings, purpose, endpoint, closed, reports, random = Math.random } = options
  const { clock, clientId, clientAuthentication, parameters, fetch, patience } = settings
  const bounds = { clock, timeout: settings.fetchTimeout * 1000, closed }
  const lifeCycle = new TokenLifeCycle<Token>(settings.renewBefore, random)
  const now = (): Moment => ({ wall: clock.now(), monotonic: clock.monotonic() })
  let flight: Flight | undefined
  let lastError: TokenError | undefined
  /** How often all was forgotten. */
  let clearings = 0

  function start(): Flight {
    // Begins a turn later, when the flight is known.
    const token = Promise.resolve()
      .then(() => makeAttempts(begun))
      .finally(() => (flight = undefined))
    const begun: Flight = { token, waiting: 0 }
    // Where nobody waits, nobody else looks at how it ends.
    token.catch(() => {})
    flight = begun
    return begun
  }

  async function makeAttempts(own: Flight): Promise<Token> {
    const begun = clock.monotonic()
    for (let attempt = 1; ; attempt++) {
      const askedAt = now()
      const before = clearings
      try {
        const response = await ask(askedAt)
        return keep(response, askedAt, before)
      } catch (thrown) {
        const error = tokenErrorOf(thrown, clock.now())
        if (error.code === 'closed') throw error
        const failedAt = now()
        const pause = Math.max(lifeCycle.fail(attempt, failedAt), error.retryAfter ?? 0)
        const isCovered = lifeCycle.plan(failedAt).token !== undefined
        lastError = error
        reports.failed(error, (failedAt.monotonic - askedAt.monotonic) / 1000, isCovered)
        const elapsed = (failedAt.monotonic - begun) / 1000
        const isWorthIt = error.isTransient && elapsed + pause <= patience
        if (!isWorthIt || own.waiting === 0) throw error
        const isLeft = await sleep(own, pause)
        if (closed.aborted) throw new TokenError('closed')
        if (isLeft) throw error
      }
    }
  }

  /** One request, in its turn and within its time. */
  async function ask(askedAt: Moment): Promise<AccessTokenResponse> {
    let step = `${REQUESTS_AT_ONCE} other requests`
    async function request(signal: AbortSignal): Promise<AccessTokenResponse> {
      step = `the metadata of ${settings.issuer}`
      const address = await endpoint.find()
      const authenticate = async () => {
        const identity = { clientId, issuer: settings.issuer ?? address, now: clock.now() / 1000 }
        step = 'the credentials'
        const credentials = await authenticateClient(clientAuthentication, identity)
        step = address
        return credentials
      }
      const call = { endpoint: address, authenticate, purpose, parameters, fetch, clock }
      const response = await requestToken(call, signal)
      const { expiresIn } = response
      if (expiresIn === undefined || secondsSince(askedAt, now()) < expiresIn) return response
      const detail = `${address}: the token was over when it came`
      throw new TokenError('invalid_response', { detail, serverStatus: 200 })
    }

    try {
      return await withDeadline(bounds, async (signal) => {
        await endpoint.turn(signal)
        const pause = endpoint.pause()
        if (pause !== undefined) throw pause
        try {
          return await request(signal)
        } catch (thrown) {
          const error = tokenErrorOf(thrown, clock.now())
          // Before whoever is next in line has his turn.
          endpoint.leaveAlone(error)
          throw error
        }
      })
    } catch (error) {
      if (error instanceof TokenError && error.code === 'endpoint_not_found') endpoint.forget()
      if (!(error instanceof FetchError) || error.failure !== 'timeout') throw error
      const code = step === 'the credentials' ? 'credentials_unavailable' : 'timeout'
      throw new TokenError(code, { detail: `${step}: not done within ${settings.fetchTimeout} s` })
    }
  }

  function keep(response: AccessTokenResponse, askedAt: Moment, before: number): Token {
    const { value, expiresIn, scopes = purpose.scopes } = response
    const missingScopes = purpose.scopes.filter((scope) => !scopes.includes(scope))
    const expiresAt =
      expiresIn === undefined ? undefined : Math.floor(askedAt.wall / 1000 + expiresIn)
    const token = new GrantedToken(value, expiresAt, scopes, missingScopes)
    const type = lifeCycle.plan(now()).token === undefined ? 'token_issued' : 'token_renewed'
    const lifetime = lifeCycle.succeed(token, expiresIn ?? settings.assumedLifetime, askedAt)
    // What was asked for before all was forgotten serves those who have waited for it, and nobody else.
    if (before !== clearings) lifeCycle.drop()
    const duration = (clock.monotonic() - askedAt.monotonic) / 1000
    reports.issued(type, { duration, lifetime, missingScopes: token.missingScopes })
    return token
  }

  /** Waits so many seconds. Ends early where the source is closed, or nobody waits any more: then it is `true`. */
  function sleep(own: Flight, seconds: number): Promise<boolean> {
    return new Promise((resolve) => {
      const wake = (isLeft: boolean) => {
        cancel()
        forget()
        own.leave = undefined
        resolve(isLeft)
      }
      const cancel = clock.after(seconds * 1000, () => wake(false))
      const forget = onAbort(closed, () => wake(false))
      own.leave = () => wake(true)
    })
  }

  async function join(own: Flight, signal: AbortSignal | undefined): Promise<Token> {
    own.waiting++
    try {
      return await unlessAborted(own.token, signal)
    } finally {
      own.waiting--
      if (own.waiting === 0) own.leave?.()
    }
  }

  /** The token that is held, after a request was begun where one is due. */
  function held(): Token | undefined {
    const { token, start: isDue } = lifeCycle.plan(now())
    if (isDue && flight === undefined && !closed.aborted && endpoint.pause() === undefined) start()
    return token
  }

  /** The last attempt has failed a moment ago, or the server has asked somebody else to wait. */
  function turnedAway(): TokenError {
    const pause = endpoint.pause()
    const { code, serverStatus, detail } = pause ?? lastError!
    const retryAfter = Math.max(pause?.retryAfter ?? 0, lifeCycle.retryAfter(now()))
    const before = `as before${detail === undefined ? '' : `, ${detail}`}`
    return new TokenError(code, { serverStatus, detail: before, retryAfter })
  }

  function reject(value: string): boolean {
    const rejection = lifeCycle.reject((token) => token.value === value, now())
    if (rejection === 'rejected') reports.invalidated()
    if (rejection !== 'too_young') held()
    return rejection !== 'too_young'
  }

  return {
    async get(signal) {
      if (closed.aborted) throw new TokenError('closed')
      signal?.throwIfAborted()
      const token = held()
      if (token !== undefined) {
        reports.cached()
        return token
      }
      if (flight === undefined) throw turnedAway()
      return join(flight, signal)
    },

    reject,

    async successorOf(value, signal) {
      const token = held()
      if (token !== undefined && token.value !== value) return token
      if (flight === undefined) return undefined
      const next = await join(flight, signal)
      return next.value === value ? undefined : next
    },

    drop(value) {
      const isIt = (token: Token) => token.value === value
      const rejection = lifeCycle.reject(isIt, now())
      if (rejection === 'rejected') reports.invalidated()
      if (rejection === 'too_young') return false
      lifeCycle.drop(isIt)
      return true
    },

    clear() {
      clearings++
      if (lifeCycle.drop() && !closed.aborted) reports.invalidated()
    },
  }
}

/** The promise, unless the signal is aborted first. */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise
  let forget = () => {}
  const aborted = new Promise<never>((_, reject) => {
    forget = onAbort(signal, () => reject(signal.reason as Error))
  })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    forget()
  }
}
