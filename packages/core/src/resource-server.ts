import { checkIssuer } from './authorization/issuer.ts'
import { ANY_TOKEN, readRequirements } from './authorization/read-requirements.ts'
import { checkRequirements, type Requirements } from './authorization/requirements.ts'
import { checkBinding } from './binding/confirmation.ts'
import type { BearwardEvent } from './events.ts'
import { createIssuers, type IssuerStatus } from './issuers.ts'
import { quoteName } from './lib/describe-given.ts'
import { addNew } from './lib/objects.ts'
import { createLog } from './log/create-log.ts'
import { toWriteLine, type WriteLine } from './log/logger.ts'
import type { MaybePromise } from './lib/maybe-promise.ts'
import { mustBeAwaited } from './lib/must-be-awaited.ts'
import { createPublisher } from './lib/publisher.ts'
import { type Granted, type Outcome, OUTCOME_MEMBERS } from './model/outcome.ts'
import type { RequestLike } from './model/request-like.ts'
import type { ResourceServerOptions } from './options/options.ts'
import { readOptions, type ServerSettings } from './options/read-options.ts'
import { presentToken, readCredentials } from './request/credentials.ts'
import { createCredentialsReader } from './request/credentials-elsewhere.ts'
import {
  createDetachedExchange,
  createExchange,
  createGuardExchange,
  type Exchange,
  type Step,
} from './request/exchange.ts'
import { toOutcome } from './request/to-outcome.ts'
import type { Refused } from './response/refusal.ts'
import { TokenCache } from './token/cache/token-cache.ts'
import { confirmActive } from './token/confirm-active.ts'
import { verifyToken } from './token/verify-token.ts'

/** The steps after the credentials are known. The statuses are those of their rejections. */
const AFTER_CREDENTIALS: readonly Step[] = [
  verifyToken, // 401, 503. Publishes `verified`.
  checkIssuer, // 403
  checkBinding, // 401
  confirmActive, // 401, 503. Verifies again if another guard has learned more in the meantime.
  checkBinding, // 401, again because the answer of the issuer can add a binding.
  checkRequirements, // 403
]

/**
 * The way of a request. The first rejection ends it: `toOutcome` makes the response of it, or grants an
 * anonymous caller where the guard is `optional`.
 */
const PIPELINE: readonly Step[] = [
  readCredentials, // 400, 401
  ...AFTER_CREDENTIALS,
]

/**
 * Decides about one request under the requirements of this guard. Returns the outcome at once where it is
 * known, otherwise a promise. Throws, or rejects, with what a `check`, `errorBody` or
 * `credentials` throws.
 */
export type Guard = (request: RequestLike) => MaybePromise<Outcome>

/** Decides who may call an API. Made by `createResourceServer`. */
export interface ResourceServer {
  /**
   * Makes a guard. Throws a `ConfigurationError` if the requirements are wrong, so that the application does
   * not start with a mistake.
   *
   * @example
   * const guard = server.guard({ scope: 'read:reports', subject: 'machine' })
   */
  guard(requirements?: Requirements): Guard
  /**
   * Decides about one request, for code that composes guards by hand: `getToken` does not find the token. Returns
   * the outcome at once where it is known, otherwise a promise. Validates the requirements at every call: make a
   * `guard` where they are used again.
   *
   * Throws, or rejects, for programming errors only: wrong requirements, or what a `check`, `errorBody`
   * or `credentials` throws.
   *
   * @example
   * const outcome = await server.authorize(request, { scope: 'read:reports' })
   * if (outcome.kind !== 'granted') return outcome
   */
  authorize(request: RequestLike, requirements?: Requirements): MaybePromise<Outcome>
  /**
   * Verifies a token that did not come in a request: from a socket, a queue or a command line. Pass the token
   * alone, without `Bearer`. Uses the same token cache and publishes the same events as a guard. A bound token
   * (`cnf`) is refused, because its proof is part of a request.
   *
   * Does NOT check scopes, the subject or any other requirement. At an issuer where anybody can request a token
   * for this API (such as GitHub Actions), a granted token says nothing about who has sent it.
   *
   * @example
   * const outcome = await server.verify(message.token)
   * if (outcome.kind !== 'granted') return socket.close(4401)
   */
  readonly verify: (token: string) => MaybePromise<Granted | Refused>
  /**
   * Loads the keys of all issuers and finds their introspection endpoints. Rejects with a
   * `KeysUnavailableError` or an `IntrospectionUnavailableError` if some are unavailable, and with a
   * `ConfigurationError` if a key of the option `jwks` cannot be used (in runtimes that import keys
   * asynchronously).
   *
   * Does NOT check that an introspection endpoint accepts the credentials: the first token shows that.
   */
  readonly ready: () => Promise<void>
  /**
   * Returns the state of the keys of each issuer, without waiting. If there are none, it starts to fetch them,
   * so a readiness probe is enough to load them.
   */
  readonly status: () => readonly IssuerStatus[]
  /**
   * Stops trusting a key of an issuer, for emergencies: tokens that it has signed are refused from now on,
   * whatever the issuer publishes. `thumbprint` is the SHA-256 thumbprint of RFC 7638 in base64url. `issuer`
   * is a configured issuer. Its tenants share their keys, so a key is distrusted for all of them.
   *
   * Throws a `ConfigurationError` if the issuer is not configured or has no public keys, or if `thumbprint` is
   * not a thumbprint.
   */
  readonly distrustKey: (key: { readonly issuer: string; readonly thumbprint: string }) => void
  /** Aborts outgoing calls and starts no new ones. Keys that are loaded stay in use. */
  readonly close: () => void
}

/**
 * Makes a resource server (RFC 6749 section 1.1): it verifies the access token of a request and decides
 * whether the caller may pass.
 *
 * Does NOT check whether a JWT has been revoked, unless a guard requires `introspect`. Does not read tokens
 * from anywhere but the `Authorization` header, unless `credentials` says so, and refuses tokens that are bound to a key (`cnf`).
 *
 * Throws a `ConfigurationError` that names every problem of the options.
 *
 * @example
 * const server = createResourceServer({
 *   issuer: 'https://auth.example.com',
 *   audience: 'https://api.example.com',
 * })
 * const guard = server.guard({ scope: 'read:reports' })
 * const outcome = await guard({ method: 'GET', url: '/', headers: { authorization: 'Bearer ...' } })
 */
export function createResourceServer(options: ResourceServerOptions): ResourceServer {
  return createServer(readOptions(options))
}

/** Members without effect in results of `errorBody` that are reported. */
const MOST_IGNORED = 10

/**
 * Makes a resource server of options that were read. `defaultLog` writes the log if neither `logger` nor `onEvent` is
 * set.
 */
export function createServer(
  {
    settings,
    credentials,
    realm,
    tokenCache,
    logger,
    onEvent,
    errorBody,
    warnings,
  }: ServerSettings,
  defaultLog?: WriteLine,
): ResourceServer {
  const closing = new AbortController()
  const write = logger ? toWriteLine(logger) : defaultLog
  const isSilent = logger === false || (logger === undefined && onEvent !== undefined)
  const log =
    write === undefined || isSilent ? undefined : createLog(write, settings.clock, closing.signal)
  const publish = createPublisher<BearwardEvent>(onEvent, log)
  for (const warning of warnings) publish('configuration_warning', () => warning)
  const issuers = createIssuers(settings, publish, closing.signal)
  const ignored = new Set<string>()
  function reportIgnored(members: readonly string[]): void {
    if (ignored.size >= MOST_IGNORED) return
    const others = members.filter((name) => addNew(ignored, name)).map(quoteName)
    if (others.length === 0) return
    const advice = `It has returned members that have no effect: ${others.slice(0, MOST_IGNORED).join(', ')}. Only body and contentType are used.`
    publish('configuration_warning', () => ({ issuer: undefined, option: 'errorBody', advice }))
  }
  const services = {
    findCredentials: createCredentialsReader(credentials),
    issuers: issuers.trusted,
    tokenCache: tokenCache && new TokenCache(tokenCache),
    clock: settings.clock,
    publish,
    refusal: { realm, errorBody, reportIgnored },
    distrustCount: 0,
  }

  function guard(...given: readonly unknown[]): Guard {
    const requirements = readRequirements(given, settings.issuers)
    return (request) =>
      failUnlessAwaited(run(PIPELINE, createGuardExchange(request, requirements, services)))
  }

  function authorize(request: RequestLike, ...given: readonly unknown[]): MaybePromise<Outcome> {
    const requirements = readRequirements(given, settings.issuers)
    return failUnlessAwaited(run(PIPELINE, createExchange(request, requirements, services)))
  }

  return {
    guard,
    authorize,
    verify(token) {
      const steps = [presentToken(token), ...AFTER_CREDENTIALS]
      const outcome = run(steps, createDetachedExchange(ANY_TOKEN, services))
      return failUnlessAwaited(outcome) as MaybePromise<Granted | Refused>
    },
    ready: issuers.ready,
    status: issuers.status,
    distrustKey(key) {
      issuers.distrustKey(key?.issuer, key?.thumbprint, () => services.distrustCount++)
    },
    close: () => closing.abort(),
  }
}

/** Code that forgets to await an outcome must not take it for a grant. */
function failUnlessAwaited(outcome: MaybePromise<Outcome>): MaybePromise<Outcome> {
  return outcome instanceof Promise ? mustBeAwaited(outcome, OUTCOME_MEMBERS) : outcome
}

/** The step after the credentials. */
const VERIFY = 1

/** Runs the steps one after the other, without a promise as long as none of them has to wait. */
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
  // Not the last step again: it has called the `check` of the application.
  return isOutdated(exchange)
    ? run(steps.slice(0, -1), exchange, VERIFY)
    : toOutcome(exchange, undefined)
}

/** A key was distrusted since the token was verified, while a step has waited. */
function isOutdated({ distrustCount, services }: Exchange): boolean {
  return distrustCount !== services.distrustCount
}
