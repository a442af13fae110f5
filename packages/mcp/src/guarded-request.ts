import type { AccessToken, Anonymous, Granted, RequestLike, ResponseHeaders } from '@bearward/core'
import { hashText, type MaybePromise } from '@bearward/core/internal'
import {
  type CheckedRequirements,
  type Decision,
  type GuardSession,
  Rejection,
  type GuardTools,
  type Stage,
} from '@bearward/core/internal-guards'
import { checkKeyExpiry, findApiKey, verifyApiKey } from './api-keys.ts'
import { type AuthInfo, toAuthInfo } from './auth-info.ts'
import type { ParsedBody } from './body.ts'
import { checkHeaders, claimsModernVersion } from './check-headers.ts'
import { checkOrigin } from './check-origin.ts'
import { ERROR_CODES, type MessageId, MODERN_VERSION, toErrorBody } from './protocol.ts'
import type { McpSettings } from './read-options.ts'
import { readId, readOperations } from './read-operations.ts'

/** A resource server, and the settings of a guard for it. */
export interface McpServices {
  readonly server: GuardTools
  readonly settings: McpSettings
}

/** The outcome of a request that may continue. */
export type McpPassed = (Granted | Anonymous) & {
  /** `undefined`: the caller is anonymous. */
  readonly authInfo: AuthInfo | undefined
  /** The body that the guard has checked. `undefined`: the request has no body. */
  readonly parsedBody: unknown
  /** Seconds since the epoch when the response must end. `undefined`: it may take any time. */
  readonly endsAt: number | undefined
}

/** The decision about a request: a complete response, or the outcome of a request that may continue. */
export type McpDecision = Exclude<Decision, Granted | Anonymous> | McpPassed

/** A caller whose credentials were checked. */
type Caller =
  | { readonly kind: 'token'; readonly stage: Stage<Granted> }
  | { readonly kind: 'api_key'; readonly token: AccessToken; readonly key: string }
  | { readonly kind: 'anonymous' }

/** Methods of HTTP whose requests have no body, and no operation. */
const WITHOUT_BODY: readonly string[] = ['GET', 'HEAD', 'DELETE', 'OPTIONS']

/**
 * One request and the guard that decides about it in two stages: `authenticate` before the body is read, and `authorize` when the
 * body is known. The operation is read from the body that the server executes. Headers can only refuse a request.
 */
export class GuardedRequest {
  private readonly request: RequestLike
  private readonly services: McpServices
  private readonly session: GuardSession
  /** The headers of every response. */
  readonly corsHeaders: ResponseHeaders
  /** Written by `authenticate`. */
  private caller: Caller | undefined

  constructor(request: RequestLike, services: McpServices, corsHeaders: ResponseHeaders) {
    this.request = request
    this.services = services
    this.corsHeaders = corsHeaders
    this.session = services.server.beginGuard(request)
  }

  /** Returns whether the body of the request must be read, because it requests an operation. */
  get hasOperation(): boolean {
    return !WITHOUT_BODY.includes(this.request.method)
  }

  /**
   * Checks the origin and the credentials, and the requirements of every request. Returns `undefined` if the body must be checked
   * next.
   */
  async authenticate(): Promise<McpDecision | undefined> {
    const { origins, apiKeys } = this.services.settings
    const wrong = checkOrigin(this.request, origins)
    if (wrong !== undefined) return this.refuse(wrong)
    const key = apiKeys && findApiKey(apiKeys, this.request, this.session)
    if (key instanceof Rejection) return this.refuseApiKey(key)
    if (apiKeys !== undefined && key !== undefined) {
      const token = await verifyApiKey(key, apiKeys, this.services.server.clock)
      if (token instanceof Rejection) return this.refuseApiKey(token)
      this.caller = { kind: 'api_key', token, key }
      return this.check(this.firstRequirements)
    }
    return this.checkToken()
  }

  /**
   * Lets a request without an operation pass. `hasBody`: the request has a body nevertheless. It is refused, because a later handler
   * could execute the body. Call `authenticate` first.
   */
  async authorizeWithoutBody(hasBody: boolean): Promise<McpDecision> {
    if (this.caller === undefined) throw notAuthenticated()
    if (this.isAnonymous) return this.refuseAnonymous()
    return hasBody ? this.refuseBody(unexpectedBody()) : this.pass(undefined)
  }

  /** Checks the operations in the body. Call `authenticate` first. */
  async authorize(body: ParsedBody): Promise<McpDecision> {
    if (this.caller === undefined) throw notAuthenticated()
    if (body instanceof Rejection) return this.refuseBody(body)
    const { rules, legacy } = this.services.settings
    const { operations, isModern, messages } = readOperations(body.value)
    if (legacy === 'refuse' && !isModern) return this.refuseVersion(readId(body.value))
    const mismatch = checkHeaders(this.request, messages)
    // The protocol prescribes this error. In older versions, these headers have no meaning.
    if (mismatch !== undefined && (isModern || claimsModernVersion(this.request)))
      return this.refuseHeaders(mismatch, readId(body.value))
    if (this.isAnonymous) {
      if (!rules.isAnonymous(operations)) return this.refuseAnonymous()
    } else {
      const selection = rules.select(operations)
      if (selection.kind === 'unlisted') return this.refuse(unlisted(selection.operation))
      const refused = await this.check(selection.requirements)
      if (refused !== undefined) return refused
    }
    // No client sends such headers with an older version.
    return mismatch === undefined
      ? this.pass(body.value)
      : this.refuseHeaders(mismatch, readId(body.value))
  }

  private get floor(): CheckedRequirements {
    return this.services.settings.rules.floor
  }

  /** The requirements that are checked before the body is read. If there is a body, `check` is called only once, afterwards. */
  private get firstRequirements(): CheckedRequirements {
    return this.hasOperation ? { ...this.floor, applicationCheck: undefined } : this.floor
  }

  private get isAnonymous(): boolean {
    return this.caller?.kind === 'anonymous'
  }

  /** Checks the token and the requirements of every request. */
  private async checkToken(): Promise<McpDecision | undefined> {
    const { hasAnonymous } = this.services.settings.rules
    const first = this.firstRequirements
    const requirements = hasAnonymous ? { ...first, optional: true } : first
    const { outcome, ...more } = await this.session.check(requirements)
    if (outcome.kind === 'refused') return this.withCors(outcome)
    this.caller =
      outcome.kind === 'granted'
        ? { kind: 'token', stage: { outcome, ...more } }
        : { kind: 'anonymous' }
    return undefined
  }

  /** Checks requirements for a caller that is not anonymous. Returns the response of a refusal. */
  private async check(requirements: CheckedRequirements): Promise<McpDecision | undefined> {
    const { caller, session } = this
    if (caller?.kind === 'api_key') {
      // A slow client can send the body after the key has expired.
      const expired = checkKeyExpiry(caller.token, this.services.server.clock)
      if (expired !== undefined) return this.refuseApiKey(expired)
      const outcome = await session.checkApiKey(caller.token, requirements)
      return outcome.kind === 'refused' ? this.withCors(outcome) : undefined
    }
    const { outcome, ...more } = await session.check(requirements)
    if (outcome.kind === 'refused') return this.withCors(outcome)
    this.caller = { kind: 'token', stage: { outcome: outcome as Granted, ...more } }
    return undefined
  }

  /** Lets the request continue. */
  private async pass(parsedBody: unknown): Promise<McpPassed> {
    const { caller, corsHeaders } = this
    if (caller === undefined || caller.kind === 'anonymous') {
      const headers = corsHeaders
      const outcome = this.session.finish({ kind: 'anonymous', headers })
      return { ...outcome, authInfo: undefined, parsedBody, endsAt: undefined }
    }
    const isKey = caller.kind === 'api_key'
    const token = isKey ? caller.token : caller.stage.outcome.token
    const headers = isKey ? corsHeaders : { ...corsHeaders, ...caller.stage.outcome.headers }
    const authInfo = toAuthInfo(token, await this.getShownToken(caller), {
      resource: this.services.server.resource,
      expiresAt: this.getExpiry(token),
    })
    const outcome = this.session.finish({ kind: 'granted', token, headers })
    const endsAt = this.services.settings.endStreamsAtExpiry ? token.expiresAt : undefined
    return { ...outcome, authInfo, parsedBody, endsAt }
  }

  private getShownToken(caller: Exclude<Caller, { kind: 'anonymous' }>): MaybePromise<string> {
    const { exposeToken } = this.services.settings
    if (caller.kind === 'api_key') return exposeToken ? caller.key : hashText(caller.key)
    const { presented, hashToken } = caller.stage
    return exposeToken ? presented! : hashToken!()
  }

  private getExpiry(token: AccessToken): number | undefined {
    return getExpiry(token, this.services.server)
  }

  private refuse(rejection: Rejection, protocolBody?: string): McpDecision {
    if (this.caller?.kind === 'api_key') return this.refuseApiKey(rejection, protocolBody)
    return this.withCors(this.session.refuse(rejection, this.floor, protocolBody))
  }

  private refuseApiKey(rejection: Rejection, protocolBody?: string): McpDecision {
    return this.withCors(this.session.refuseApiKey(rejection, this.floor, protocolBody))
  }

  private refuseAnonymous(): McpDecision {
    const found = 'nothing'
    const explanation = { check: 'Authorization', expected: 'an access token', found }
    return this.refuse(new Rejection('no_credentials', explanation))
  }

  private refuseBody(rejection: Rejection): McpDecision {
    if (this.isAnonymous) return this.refuseAnonymous()
    const isMalformed = rejection.reason === 'malformed_body'
    return this.refuse(
      rejection,
      isMalformed ? toErrorBody(ERROR_CODES.parseError, 'Parse error', null) : undefined,
    )
  }

  private refuseHeaders(rejection: Rejection, id: MessageId): McpDecision {
    return this.refuse(rejection, toErrorBody(ERROR_CODES.headerMismatch, 'Header mismatch', id))
  }

  private refuseVersion(id: MessageId): McpDecision {
    const rejection = new Rejection('unsupported_protocol', {
      check: 'body',
      expected: `a request of ${MODERN_VERSION} or later`,
      found: 'an older request or a batch',
    })
    const data = { supported: [MODERN_VERSION] }
    return this.refuse(
      rejection,
      toErrorBody(ERROR_CODES.unsupportedVersion, 'Unsupported protocol version', id, data),
    )
  }

  private withCors(response: Extract<Decision, { kind: 'refused' }>): McpDecision {
    const { status, headers, body } = response
    return { kind: 'respond', status, headers: { ...this.corsHeaders, ...headers }, body }
  }
}

/**
 * Returns the time until which the SDKs may use a token, in seconds since the epoch. They refuse a token without such a time, so an
 * opaque token without `exp` gets the time for which its introspection response is cached.
 */
export function getExpiry(token: AccessToken, server: GuardTools): number | undefined {
  if (token.expiresAt !== undefined || token.verifiedBy !== 'introspection') return token.expiresAt
  return (
    Math.ceil(server.clock.now() / 1000) + Math.max(1, server.getIntrospectionAge(token.issuer))
  )
}

function notAuthenticated(): TypeError {
  return new TypeError('authenticate was not called.')
}

function unexpectedBody(): Rejection {
  return new Rejection('malformed_body', {
    check: 'body',
    expected: 'no body for this method of HTTP',
    found: 'a body',
  })
}

function unlisted(operation: string): Rejection {
  return new Rejection('unlisted_operation', {
    check: 'body',
    expected: 'an operation that the options list',
    found:
      operation === 'unreadable'
        ? 'an operation that cannot be read'
        : `a ${operation} that is not listed`,
  })
}
