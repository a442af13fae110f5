import { readCredential } from './credentials/bearer.ts'
import { type Notes, notesOf } from './decisions.ts'
import { publisher } from './events/publisher.ts'
import { ageAllowed, confirmToken, isFresh } from './freshness.ts'
import { configuredIssuers, type IssuerStatus } from './issuers/configured-issuers.ts'
import { checkTimes } from './jwt/time.ts'
import { andThen, type MaybePromise } from './maybe-promise.ts'
import type { ResourceServerOptions } from './options/options.ts'
import { readOptions } from './options/read-options.ts'
import type { Outcome } from './outcome/outcome.ts'
import { refuse } from './outcome/refusal.ts'
import { Rejection } from './outcome/rejection.ts'
import type { RequestView } from './request.ts'
import { checkIssuer, checkRequirements } from './requirements/check-requirements.ts'
import { readRequirements } from './requirements/read-requirements.ts'
import type { CheckedRequirements, Requirements } from './requirements/requirements.ts'
import { adviceFor } from './subject/advice.ts'
import { claimNames } from './subject/client-id.ts'
import { clientIdClaims } from './subject/context.ts'
import type { AccessToken } from './token/access-token.ts'
import { VerdictCache } from './verdicts/verdict-cache.ts'
import { type Verification, type VerifiedToken, verifyToken } from './verify-token.ts'

/**
 * Decides about one request under the requirements it was made with: at once where the answer is known, else
 * as a promise. Throws, or rejects, with whatever a `check` or `onRefused` throws.
 */
export type Guard = (request: RequestView) => MaybePromise<Outcome>

/** Decides who may call an API. Made by `createResourceServer`. */
export interface ResourceServer {
  /**
   * Makes a guard. Throws a `ConfigurationError` where the requirements are wrong, so that a mistake is
   * found when the application starts.
   */
  guard(requirements?: Requirements): Guard
  /**
   * Decides about one request: at once where the answer is known, else as a promise. Validates the
   * requirements at every call; make a `guard` once where the same ones apply again.
   *
   * Throws, or rejects, for programming errors only: wrong requirements, or whatever a `check` or
   * `onRefused` throws.
   */
  authenticate(request: RequestView, requirements?: Requirements): MaybePromise<Outcome>
  /**
   * Loads the keys of all issuers, and finds out where they are asked about tokens. Rejects with a
   * `KeysUnavailableError` or an `IntrospectionUnavailableError` where some cannot be had. Whether an issuer
   * answers, and takes our credentials, is known from the first token on that it is asked about.
   */
  readonly ready: () => Promise<void>
  /**
   * How it stands with the keys of each issuer. Never waits; where there are none, it sets off fetching them,
   * so that a readiness probe is enough to get them.
   */
  readonly status: () => readonly IssuerStatus[]
  /**
   * Never uses a key of an issuer again, for emergencies: tokens that it has signed are refused from now on,
   * whatever the issuer publishes. `thumbprint` is that of RFC 7638 with SHA-256, in base64url. A tenant may be
   * named by its own issuer or by that of all. Throws a `ConfigurationError` where the issuer is not
   * configured or has no public keys, or where the thumbprint is none.
   */
  readonly distrust: (key: { readonly issuer: string; readonly thumbprint: string }) => void
  /** Ends outgoing calls and starts no more. Keys at hand keep verifying. */
  readonly close: () => void
}

/** What is known of a request before anybody has asked for more: a token, no credentials, or a rejection. */
type Finding = VerifiedToken | Rejection | 'no_credentials'

/** What the guards of one resource server know about a request. */
interface RequestRecord {
  readonly owner: object
  finding: MaybePromise<Finding>
}

/**
 * Makes a resource server (RFC 6749 section 1.1): it verifies the access token of a request and decides
 * whether the caller may pass.
 *
 * Does NOT check whether a JWT has been revoked, unless a guard asks for `freshness`; does not read tokens
 * from anywhere but the `Authorization` header, and does not accept tokens that are bound to a key (`cnf`).
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
  const settings = readOptions(options)
  const publish = publisher(settings.onEvent)
  const closing = new AbortController()
  const issuers = configuredIssuers(settings, publish, closing.signal)
  const verification: Verification = {
    issuers: issuers.trusted,
    verdicts: settings.verdictCache && new VerdictCache(settings.verdictCache),
    clock: settings.clock,
  }
  /** Whose records count: a new one where those of requests under way count no more. */
  let owner = {}

  /** Credentials, issuer, token, binding: the part of the way that is the same for every guard. */
  function verify(request: RequestView): MaybePromise<Finding> {
    const credential = readCredential(request)
    if (credential === undefined) return 'no_credentials'
    if (credential instanceof Rejection) return credential
    return andThen(verifyToken(credential, verification), (verified) => {
      if (verified instanceof Rejection) return verified
      const { token, issuer, remembered } = verified
      publish(
        () => ({
          type: 'verified',
          issuer: token.issuer,
          subjectKind: token.subject.kind,
          origin: token.origin,
          remembered,
          keys: issuer.keys.status().state,
        }),
        sourceOf(request),
      )
      return verified
    })
  }

  function recordOf(request: RequestView, { records }: Notes): RequestRecord {
    const known = records.find((record) => record.owner === owner)
    if (known !== undefined) return known as RequestRecord
    const record = { owner, finding: verify(request) }
    records.push(record)
    return record
  }

  /** A request can outlive its token: a long upload, a stream, a socket whose messages are guarded. */
  function stillValid(finding: Finding): Finding {
    if (finding instanceof Rejection || finding === 'no_credentials') return finding
    const { settings: trusted } = finding.issuer
    return (
      checkTimes(finding.token.claims, trusted, settings.clock.now() / 1000)?.withIssuer(
        trusted.issuer,
      ) ?? finding
    )
  }

  /**
   * Asks the issuer again where its word is older than it may be. What it says counts for the guards that
   * follow; that it says nothing makes nobody worse than he was.
   */
  function confirm(
    record: RequestRecord,
    verified: VerifiedToken,
    required: CheckedRequirements,
  ): MaybePromise<VerifiedToken | Rejection> {
    const maxAge = ageAllowed(verified, required.freshness)
    if (maxAge === undefined || isFresh(verified, maxAge, settings.clock)) return verified
    // Not every issuer can be asked: only those that the guard is for.
    const foreign = checkIssuer(verified.token, required)
    if (foreign !== undefined) return foreign
    const confirmed = confirmToken(verified, maxAge, settings.clock)
    record.finding = andThen(confirmed, (verdict) =>
      verdict instanceof Rejection && verdict.reason === 'introspection_unavailable'
        ? verified
        : verdict,
    )
    return confirmed
  }

  function refused(rejection: Rejection, required: CheckedRequirements, source: object): Outcome {
    const refusal = refuse(rejection, settings.realm, required.challengeScope, settings.onRefused)
    publish(
      () => ({
        type: 'refused',
        reason: rejection.reason,
        status: refusal.status,
        issuer: rejection.issuer,
        ...rejection.explanation,
      }),
      source,
    )
    return refusal
  }

  function tellUnknown({ issuer, subject, clientId, origin }: AccessToken, source: object): void {
    const { why, rules, claims } = subject.evidence
    const { subjects = {} } = issuers.trusted.get(issuer)?.settings ?? {}
    if (subject.kind !== 'unknown' || why === undefined) return
    const unnamed = clientId === undefined ? claimNames(clientIdClaims(subjects, origin)) : []
    publish(
      () => ({
        type: 'subject_unknown',
        issuer,
        why,
        rules,
        claims,
        advice: adviceFor(why, subjects, unnamed),
      }),
      source,
    )
  }

  function decide(request: RequestView, required: CheckedRequirements): MaybePromise<Outcome> {
    const source = sourceOf(request)
    const notes = notesOf(source)
    const record = recordOf(request, notes)
    const awaited = record.finding
    return andThen(awaited, (found) => {
      // Another guard has found out more meanwhile, or a key is distrusted.
      if (record.finding !== awaited || record.owner !== owner) return decide(request, required)
      const verified = stillValid(found)
      if (verified instanceof Rejection) {
        // A fault that is not the caller's may be over when the next guard of a long request asks.
        if (verified.retryAfter !== undefined) drop(record, notes)
        return refused(verified, required, source)
      }
      if (verified === 'no_credentials') {
        if (!required.optional) return refused(nobody(), required, source)
        notes.decision = 'anonymous'
        return { kind: 'anonymous' }
      }
      const { issuer } = verified.token
      return andThen(confirm(record, verified, required), (confirmed) => {
        if (record.owner !== owner) return decide(request, required)
        if (confirmed instanceof Rejection)
          return refused(confirmed.withIssuer(issuer), required, source)
        const { token } = confirmed
        return andThen(checkRequirements(token, required, source), (rejection): Outcome => {
          if (rejection !== undefined) {
            if (rejection.reason === 'wrong_subject') tellUnknown(token, source)
            return refused(rejection.withIssuer(issuer), required, source)
          }
          notes.decision = token
          return { kind: 'granted', token }
        })
      })
    })
  }

  function guard(...given: readonly unknown[]): Guard {
    const required = readRequirements(given, settings.issuers)
    return (request) => decide(request, required)
  }

  return {
    guard,
    authenticate: (request, ...requirements) => guard(...requirements)(request),
    ready: () => issuers.ready(),
    status: () => issuers.status(),
    distrust({ issuer, thumbprint }) {
      owner = {}
      issuers.distrust(issuer, thumbprint)
    },
    close: () => closing.abort(),
  }
}

/** Of several guards that have waited for the same, the first does it. */
function drop(record: RequestRecord, { records }: Notes): void {
  const at = records.indexOf(record)
  if (at !== -1) records.splice(at, 1)
}

/** Its own member only: one that all objects had would make all requests one. */
function sourceOf(request: RequestView): object {
  return (Object.hasOwn(request, 'source') ? request.source : undefined) ?? request
}

function nobody(): Rejection {
  return new Rejection('no_credentials', {
    check: 'Authorization',
    expected: 'an access token',
    found: 'nothing',
  })
}
