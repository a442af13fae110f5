import { readCredentials } from './credentials/bearer.ts'
import { keepRecord, recordOf, type RequestRecord } from './decisions.ts'
import { publisher } from './events/publisher.ts'
import { configuredIssuers, type IssuerStatus } from './issuers/configured-issuers.ts'
import { checkTimes } from './jwt/time.ts'
import { andThen, type MaybePromise } from './maybe-promise.ts'
import type { ResourceServerOptions } from './options/options.ts'
import { readOptions } from './options/read-options.ts'
import type { Outcome } from './outcome/outcome.ts'
import { refuse } from './outcome/refusal.ts'
import { Rejection } from './outcome/rejection.ts'
import type { RequestView } from './request.ts'
import { checkRequirements } from './requirements/check-requirements.ts'
import { readRequirements } from './requirements/read-requirements.ts'
import type { CheckedRequirements, Requirements } from './requirements/requirements.ts'
import { adviceFor } from './subject/advice.ts'
import { claimNames } from './subject/client-id.ts'
import { clientIdClaims } from './subject/context.ts'
import type { AccessToken } from './token/access-token.ts'
import { VerdictCache } from './verdicts/verdict-cache.ts'
import { confirmToken, type Verification, type VerifiedToken, verifyToken } from './verify-token.ts'

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
  /** Loads the keys of all issuers. Rejects with a `KeysUnavailableError` where some cannot be had. */
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

/** The issuer was asked again, with an answer of at most that age. */
interface Confirmation {
  readonly maxAge: number
  readonly verdict: MaybePromise<VerifiedToken | Rejection>
}

/** What the guards of one resource server know about a request. */
class GuardedRequest implements RequestRecord {
  /** Whose guards. */
  readonly owner: object
  readonly finding: MaybePromise<Finding>
  confirmation: Confirmation | undefined
  decision: RequestRecord['decision']

  constructor(owner: object, finding: MaybePromise<Finding>) {
    this.owner = owner
    this.finding = finding
    this.confirmation = undefined
    this.decision = undefined
  }
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
  const now = () => settings.clock.now() / 1000
  const verification: Verification = {
    issuers: issuers.trusted,
    verdicts: settings.verdictCache && new VerdictCache(settings.verdictCache),
    now,
  }
  /** A new one where what was found out about requests under way counts no more. */
  let owner = {}

  /** Credentials, issuer, token, binding: the part of the way that is the same for every guard. */
  function verify(request: RequestView): MaybePromise<Finding> {
    const credentials = readCredentials(request)
    if (credentials === undefined) return 'no_credentials'
    if (credentials instanceof Rejection) return credentials
    return andThen(verifyToken(credentials.token, verification), (verified) => {
      if (verified instanceof Rejection) return verified
      const { token, issuer, remembered } = verified
      publish(() => ({
        type: 'verified',
        issuer: token.issuer,
        subjectKind: token.subject.kind,
        origin: token.origin,
        remembered,
        keys: issuer.keys.status().state,
      }))
      return verified
    })
  }

  function guarded(source: object, request: RequestView): GuardedRequest {
    const known = recordOf(source)
    if (known instanceof GuardedRequest && known.owner === owner) return known
    const record = new GuardedRequest(owner, verify(request))
    keepRecord(source, record)
    return record
  }

  /** A request can outlive its token: a long upload, a stream, a socket whose messages are guarded. */
  function stillValid(finding: Finding): Finding {
    if (finding instanceof Rejection || finding === 'no_credentials') return finding
    const { settings: trusted } = finding.issuer
    return checkTimes(finding.token.claims, trusted, now())?.withIssuer(trusted.issuer) ?? finding
  }

  /** Asks the issuer again, where a guard wants it: once a request, unless a later guard is stricter. */
  function confirm(
    record: GuardedRequest,
    verified: VerifiedToken,
    { freshness: maxAge }: CheckedRequirements,
  ): MaybePromise<VerifiedToken | Rejection> {
    if (maxAge === undefined) return verified
    const { confirmation } = record
    if (confirmation !== undefined && confirmation.maxAge <= maxAge) return confirmation.verdict
    const verdict = confirmToken(verified, maxAge, now)
    record.confirmation = { maxAge, verdict }
    return verdict
  }

  function refused(rejection: Rejection, required: CheckedRequirements): Outcome {
    const refusal = refuse(rejection, settings.realm, required.challengeScope, settings.onRefused)
    publish(() => ({
      type: 'refused',
      reason: rejection.reason,
      status: refusal.status,
      issuer: rejection.issuer,
      ...rejection.explanation,
    }))
    return refusal
  }

  function tellUnknown({ issuer, subject, clientId, origin }: AccessToken): void {
    const { why, rules, claims } = subject.evidence
    const { subjects = {} } = issuers.trusted.get(issuer)?.settings ?? {}
    if (subject.kind !== 'unknown' || why === undefined) return
    const unnamed = clientId === undefined ? claimNames(clientIdClaims(subjects, origin)) : []
    publish(() => ({
      type: 'subject_unknown',
      issuer,
      why,
      rules,
      claims,
      advice: adviceFor(why, subjects, unnamed),
    }))
  }

  function decide(request: RequestView, required: CheckedRequirements): MaybePromise<Outcome> {
    const source = request.source ?? request
    const record = guarded(source, request)
    return andThen(record.finding, (found) => {
      const verified = stillValid(found)
      if (verified instanceof Rejection) return refused(verified, required)
      if (verified === 'no_credentials') {
        if (!required.optional) return refused(nobody(), required)
        record.decision = 'anonymous'
        return { kind: 'anonymous' }
      }
      return andThen(confirm(record, verified, required), (confirmed) => {
        const { issuer } = verified.token
        if (confirmed instanceof Rejection) return refused(confirmed.withIssuer(issuer), required)
        const { token } = confirmed
        return andThen(checkRequirements(token, required, source), (rejection): Outcome => {
          if (rejection !== undefined) {
            if (rejection.reason === 'wrong_subject') tellUnknown(token)
            return refused(rejection.withIssuer(issuer), required)
          }
          record.decision = token
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
      issuers.distrust(issuer, thumbprint)
      owner = {}
    },
    close: () => closing.abort(),
  }
}

function nobody(): Rejection {
  return new Rejection('no_credentials', {
    check: 'Authorization',
    expected: 'an access token',
    found: 'nothing',
  })
}
