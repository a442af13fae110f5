import {
  authenticateClient,
  FetchError,
  getMoment,
  type Moment,
  secondsBetween,
  withDeadline,
} from '@bearward/core/internal'
import { TokenError } from './errors.ts'
import { toTokenError } from './failure.ts'
import type { SourceSettings } from './source-settings.ts'
import { REQUESTS_AT_ONCE, type TokenEndpoint } from './token-endpoint.ts'
import { requestToken } from './token-request.ts'
import type { AccessTokenResponse } from './token-response.ts'
import type { TokenTarget } from './token-target.ts'

/** Options for `attemptTokenRequest`. */
export interface TokenAttemptOptions {
  readonly settings: SourceSettings
  readonly target: TokenTarget
  readonly endpoint: TokenEndpoint
  readonly closed: AbortSignal
}

/**
 * Makes one attempt to get a token: waits for its turn, finds the endpoint, authenticates, and sends the request. All of
 * this is limited by `fetchTimeout`. `askedAt` is the start of the attempt.
 */
export async function attemptTokenRequest(
  { settings, target, endpoint, closed }: TokenAttemptOptions,
  askedAt: Moment,
): Promise<AccessTokenResponse> {
  const { clock, clientId, clientAuthentication, parameters, fetch, fetchTimeout } = settings
  /** Current step, for the error after a timeout. */
  let step = `${REQUESTS_AT_ONCE} other requests`

  async function request(signal: AbortSignal): Promise<AccessTokenResponse> {
    step = `the metadata of ${settings.issuer}`
    const url = await endpoint.find()
    const authenticate = async () => {
      const identity = { clientId, issuer: settings.issuer ?? url, now: clock.now() / 1000 }
      step = 'the credentials'
      const credentials = await authenticateClient(clientAuthentication, identity)
      step = url
      return credentials
    }
    const call = { endpoint: url, authenticate, target, parameters, fetch, clock }
    const response = await requestToken(call, signal)
    const { expiresIn } = response
    if (expiresIn === undefined || secondsBetween(askedAt, getMoment(clock)) < expiresIn)
      return response
    const detail = `${url}: the token expired before it arrived`
    throw new TokenError('invalid_response', { detail, serverStatus: 200 })
  }

  try {
    return await withDeadline({ clock, timeout: fetchTimeout * 1000, closed }, async (signal) => {
      await endpoint.waitForTurn(signal)
      const pauseError = endpoint.getPauseError()
      if (pauseError !== undefined) throw pauseError
      try {
        return await request(signal)
      } catch (thrown) {
        const error = toTokenError(thrown, clock.now())
        // Inside the deadline, so that the pause starts before the next request in the queue.
        endpoint.applyRetryAfter(error)
        throw error
      }
    })
  } catch (error) {
    if (error instanceof TokenError && error.code === 'endpoint_not_found') endpoint.forget()
    if (!(error instanceof FetchError) || error.failure !== 'timeout') throw error
    const code = step === 'the credentials' ? 'credentials_unavailable' : 'timeout'
    throw new TokenError(code, { detail: `${step}: not completed within ${fetchTimeout} s` })
  }
}
