import { checkIssuer } from '../authorization/issuer.ts'
import { checkRequirements, runApplicationCheck } from '../authorization/requirements.ts'
import { checkBinding, useProof } from '../binding/check-binding.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import type { Outcome } from '../model/outcome.ts'
import { checkRevoked } from '../token/check-revoked.ts'
import { confirmActive } from '../token/confirm-active.ts'
import { verifyToken } from '../token/verify-token.ts'
import { readCredentials, readSentToken } from './credentials.ts'
import type { Exchange, Step } from './exchange.ts'
import { toOutcome } from './to-outcome.ts'

/** The steps after the credentials are read. The comments list the statuses of the rejections of each step. */
const AFTER_CREDENTIALS: readonly Step[] = [
  verifyToken, // 400, 401, 503. Publishes `verified`.
  checkIssuer, // 403
  checkBinding, // 401
  confirmActive, // 401, 403, 503. Introspects the token if this guard needs a newer response.
  checkBinding, // 401. Repeated because an introspection response can add a binding.
  checkRevoked, // 401, 503
  checkRequirements, // 401, 403
  runApplicationCheck, // 403
  useProof, // 401, 503. Last, so that the client can use the proof again if an earlier step has refused the request.
]

/**
 * The steps for a request, in order. The first rejection ends the pipeline. `toOutcome` turns it into a refusal, or into
 * an `anonymous` outcome if the guard is `optional` and the request has no credentials.
 */
const PIPELINE: readonly Step[] = [
  readCredentials, // 400, 401
  ...AFTER_CREDENTIALS,
]

/** Runs the pipeline for a request. Returns the outcome directly if no step has to wait, and a promise otherwise. */
export function runPipeline(exchange: Exchange): MaybePromise<Outcome> {
  return run(PIPELINE, exchange)
}

/** Runs the pipeline for a token that was passed to `verify`. Returns the outcome or a promise, as `runPipeline` does. */
export function runPipelineForToken(token: string, exchange: Exchange): MaybePromise<Outcome> {
  return run([readSentToken(token), ...AFTER_CREDENTIALS], exchange)
}

/** Index of `verifyToken` in the pipeline. */
const VERIFY = 1

/**
 * Runs the steps in order, beginning with the step at index `first`. Returns the outcome directly if no step has to wait, and a
 * promise otherwise.
 */
function run(steps: readonly Step[], exchange: Exchange, first = 0): MaybePromise<Outcome> {
  for (let i = first; i < steps.length; i++) {
    if (i > VERIFY && isOutdated(exchange)) return run(steps, exchange, VERIFY)
    const result = steps[i]!(exchange)
    if (result instanceof Promise) {
      exchange.waitingSince ??= exchange.services.clock.monotonic()
      return result.then((rejection) =>
        rejection === undefined ? run(steps, exchange, i + 1) : toOutcome(exchange, rejection),
      )
    }
    if (result !== undefined) return toOutcome(exchange, result)
  }
  return isOutdated(exchange) ? run(steps, exchange, VERIFY) : toOutcome(exchange, undefined)
}

/**
 * Returns whether the pipeline must continue with `verifyToken` again. This is necessary if a key was distrusted, or if the
 * options of the issuer have changed. It is also necessary if another guard of the request has received a newer introspection
 * response.
 */
function isOutdated({ distrustCount, services, sharedVerification, verified }: Exchange): boolean {
  return distrustCount !== services.distrustCount || !sharedVerification.isLatest(verified)
}
