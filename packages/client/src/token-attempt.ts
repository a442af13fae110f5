import {
  authenticateClient,
  getMoment,
  type Moment,
  secondsBetween,
  toLoggedAddress,
  withDeadline,
} from '@bearward/core/internal'
import type { SourceProofs } from './dpop.ts'
import { TokenError } from './errors.ts'
import { toTokenError } from './failure.ts'
import type { RequestQueue } from './request-queue.ts'
import type { SourcePause } from './source-pause.ts'
import type { SourceSettings } from './source-settings.ts'
import type { TokenEndpoint } from './token-endpoint.ts'
import { requestToken } from './token-request.ts'
import type { AccessTokenResponse } from './token-response.ts'
import type { TokenTarget } from './token-target.ts'

/** Options for `attemptTokenRequest`. */
export interface TokenAttemptOptions {
  readonly settings: SourceSettings
  readonly target: TokenTarget
  readonly endpoint: TokenEndpoint
  readonly queue: RequestQueue
  readonly pause: SourcePause
  readonly closed: AbortSignal
  readonly dpop: SourceProofs | undefined
}

export interface FailedAttempt {
  readonly error: TokenError
  /**
   * Extent of the failure. `target`: this target only. `source`: every target, so that the pause of the source applies.
   * `nothing`: no request was sent, because the source is in a pause.
   */
  readonly concerns: 'target' | 'source' | 'nothing'
}

/**
 * Makes one attempt to get a token: waits for its turn, finds the endpoint, authenticates, and sends the request.
 * `fetchTimeout` limits all of these steps together. `requestedAt` is the start of the attempt. Never rejects.
 */
export async function attemptTokenRequest(
  { settings, target, endpoint, queue, pause, closed, dpop }: TokenAttemptOptions,
  requestedAt: Moment,
): Promise<AccessTokenResponse | FailedAttempt> {
  const { clock, fetchTimeout } = settings
  const progress: Progress = { step: 'waiting for earlier requests', status: undefined }
  let sentAt = clock.monotonic()

  function fail(thrown: unknown): FailedAttempt {
    const error = explainTimeout(toTokenError(thrown, clock.now()), progress, fetchTimeout)
    if (error.code === 'endpoint_not_found') endpoint.forget()
    return { error, concerns: pause.fail(error, sentAt) ? 'source' : 'target' }
  }

  try {
    return await withDeadline({ clock, timeout: fetchTimeout * 1000, closed }, async (signal) => {
      await queue.waitForTurn(signal)
      const error = pause.getError(false)
      if (error !== undefined) return { error, concerns: 'nothing' }
      sentAt = clock.monotonic()
      try {
        const response = await request(
          { settings, target, endpoint, dpop, requestedAt, progress },
          signal,
        )
        pause.succeed()
        return response
      } catch (thrown) {
        if (signal.aborted) throw thrown
        // Called inside the deadline, so that the pause starts before the next request in the queue.
        return fail(thrown)
      }
    })
  } catch (thrown) {
    return fail(thrown)
  }
}

/** Progress of an attempt. The error of a timeout names the current step. */
interface Progress {
  step: string
  status: number | undefined
}

interface RequestParts extends Pick<
  TokenAttemptOptions,
  'settings' | 'target' | 'endpoint' | 'dpop'
> {
  readonly requestedAt: Moment
  readonly progress: Progress
}

async function request(
  { settings, target, endpoint, dpop, requestedAt, progress }: RequestParts,
  signal: AbortSignal,
): Promise<AccessTokenResponse> {
  const { clock, clientId, clientAuthentication, parameters, acceptTokenType, fetch } = settings
  progress.step = `the metadata of ${settings.issuer}`
  const url = await endpoint.find()
  const authenticate = async () => {
    const identity = { clientId, issuer: settings.issuer ?? url, now: clock.now() / 1000 }
    progress.step = CREDENTIALS
    const credentials = await authenticateClient(clientAuthentication, identity)
    progress.step = toLoggedAddress(url)
    return credentials
  }
  const onStatus = (status: number) => void (progress.status = status)
  const options = { parameters, acceptTokenType, fetch, clock, dpop }
  const call = { endpoint: url, authenticate, target, ...options }
  const response = await requestToken({ ...call, onStatus }, signal)
  const { expiresIn } = response
  if (expiresIn === undefined || secondsBetween(requestedAt, getMoment(clock)) < expiresIn)
    return response
  const detail = `${toLoggedAddress(url)}: the token expired before it arrived`
  throw new TokenError('invalid_response', { detail, serverStatus: progress.status })
}

const CREDENTIALS = 'the credentials'

/**
 * Adds the current step to the error of a timeout. If this step creates the credentials, the code is
 * `credentials_unavailable`. Returns every other error unchanged.
 */
function explainTimeout(
  error: TokenError,
  { step, status }: Progress,
  fetchTimeout: number,
): TokenError {
  if (error.code !== 'timeout') return error
  const code = step === CREDENTIALS ? 'credentials_unavailable' : 'timeout'
  const detail = `${step}: timed out after ${fetchTimeout} s`
  return new TokenError(code, { detail, serverStatus: status })
}
