import { readCredentials } from './credentials/bearer.ts'
import { ConfigurationError } from './errors.ts'
import { remember } from './decisions.ts'
import { publisher } from './events/publisher.ts'
import { introspectionOf } from './introspection/introspections.ts'
import type { TrustedIssuer } from './issuers/trusted-issuers.ts'
import { checkTimes } from './jwt/time.ts'
import type { KeySource, KeyStatus } from './keys/key-source.ts'
import { keySourceOf } from './keys/key-sources.ts'
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
import type { AccessToken } from './token/access-token.ts'
import { confirmToken, type VerifiedToken, verifyToken } from './verify-token.ts'

/** How it stands with one issuer. */
export interface IssuerStatus {
  /** As in the options: with `{tenantid}` in it where it has tenants, which share their keys. */
  readonly issuer: string
  readonly keys: KeyStatus
}

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
type Verdict = VerifiedToken | Rejection | 'no_credentials'

/** The issuer was asked again, with an answer of at most that age. */
interface Confirmation {
  readonly maxAge: number
  readonly verdict: MaybePromise<VerifiedToken | Rejection>
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
  const keySources = new Map<string, KeySource>()
  const issuers = new Map<string, TrustedIssuer>()
  for (const issuer of settings.issuers) {
    const keys =
      keySources.get(issuer.metadataIssuer) ??
      keySourceOf(issuer, settings, publish, closing.signal)
    keySources.set(issuer.metadataIssuer, keys)
    const signer = { settings: issuer, keys }
    const introspection = introspectionOf(signer, settings, publish, closing.signal)
    issuers.set(issuer.issuer, { ...signer, introspection })
  }
  let verdicts = new WeakMap<object, MaybePromise<Verdict>>()
  const confirmations = new WeakMap<VerifiedToken, Confirmation>()
  const now = () => settings.clock.now() / 1000

  /** Credentials, issuer, token, binding: the part of the way that is the same for every guard. */
  function verify(request: RequestView): MaybePromise<Verdict> {
    const credentials = readCredentials(request)
    if (credentials === undefined) return 'no_credentials'
    if (credentials instanceof Rejection) return credentials
    return andThen(verifyToken(credentials.token, issuers, now), (verified) => {
      if (verified instanceof Rejection) return verified
      const { token, issuer } = verified
      publish(() => ({
        type: 'verified',
        issuer: token.issuer,
        subjectKind: token.subject.kind,
        origin: token.origin,
        keys: issuer.keys.status().state,
      }))
      return verified
    })
  }

  function verdictOf(request: RequestView): MaybePromise<Verdict> {
    const key = request.source ?? request
    const known = verdicts.get(key)
    if (known !== undefined) return andThen(known, stillValid)
    const verdict = verify(request)
    verdicts.set(key, verdict)
    return verdict
  }

  /** A request can outlive its token: a long upload, a stream, a socket whose messages are guarded. */
  function stillValid(verdict: Verdict): Verdict {
    if (verdict instanceof Rejection || verdict === 'no_credentials') return verdict
    const { settings: trusted } = verdict.issuer
    return checkTimes(verdict.token.claims, trusted, now())?.withIssuer(trusted.issuer) ?? verdict
  }

  /** Asks the issuer again, where a guard wants it: once a request, unless a later guard is stricter. */
  function confirm(
    verified: VerifiedToken,
    { freshness: maxAge }: CheckedRequirements,
  ): MaybePromise<VerifiedToken | Rejection> {
    if (maxAge === undefined) return verified
    const known = confirmations.get(verified)
    if (known !== undefined && known.maxAge <= maxAge) return known.verdict
    const verdict = confirmToken(verified, maxAge, now)
    confirmations.set(verified, { maxAge, verdict })
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

  function tellUnknown({ issuer, subject: { kind, evidence } }: AccessToken): void {
    const { why, rules, claims } = evidence
    const { subjects = {} } = issuers.get(issuer)?.settings ?? {}
    if (kind !== 'unknown' || why === undefined) return
    publish(() => ({
      type: 'subject_unknown',
      issuer,
      why,
      rules,
      claims,
      advice: adviceFor(why, subjects),
    }))
  }

  function decide(request: RequestView, required: CheckedRequirements): MaybePromise<Outcome> {
    return andThen(verdictOf(request), (verdict) => {
      if (verdict instanceof Rejection) return refused(verdict, required)
      const source = request.source ?? request
      if (verdict === 'no_credentials') {
        if (!required.optional) return refused(nobody(), required)
        remember(source, 'anonymous')
        return { kind: 'anonymous' }
      }
      return andThen(confirm(verdict, required), (confirmed) => {
        const { issuer } = verdict.token
        if (confirmed instanceof Rejection) return refused(confirmed.withIssuer(issuer), required)
        const { token } = confirmed
        return andThen(checkRequirements(token, required, source), (rejection): Outcome => {
          if (rejection !== undefined) {
            if (rejection.reason === 'wrong_subject') tellUnknown(token)
            return refused(rejection.withIssuer(issuer), required)
          }
          remember(source, token)
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
    async ready() {
      await Promise.all([...keySources.values()].map((keys) => keys.ready()))
    },
    status: () =>
      [...keySources].map(([issuer, keys]) => Object.freeze({ issuer, keys: keys.status() })),
    distrust({ issuer, thumbprint }) {
      const keys = issuers.get(issuer)?.keys ?? keySources.get(issuer)
      if (keys?.distrust === undefined || !/^[A-Za-z0-9_-]{43}$/.test(thumbprint)) {
        throw new ConfigurationError('distrust was called wrongly', [
          'It takes a configured issuer that has public keys, and a SHA-256 thumbprint in base64url: 43 characters (RFC 7638).',
        ])
      }
      keys.distrust(thumbprint)
      // What the key has signed may have been judged good already, for a request that is still under way.
      verdicts = new WeakMap()
      publish(() => ({ type: 'key_distrusted', issuer, thumbprint }))
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
