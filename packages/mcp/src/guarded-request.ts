import type { AccessToken, Anonymous, Granted, RequestLike, ResponseHeaders } from '@bearward/core'
import { hashText, type MaybePromise } from '@bearward/core/internal'
import {
  type CheckedRequirements,
  type Decision,
  type StagedGuard,
  Rejection,
  type GuardParts,
  type Stage,
} from '@bearward/core/internal-guards'
import { checkKeyExpiry, findApiKey, verifyApiKey } from './api-keys.ts'
import type { ApiKeySettings } from './api-key-options.ts'
import { type AuthInfo, createAuthInfo } from './auth-info.ts'
import type { ParsedBody } from './body.ts'
import { checkHeaders } from './check-headers.ts'
import { checkOrigin } from './check-origin.ts'
import { findOlderVersion, namesModernVersion } from './named-version.ts'
import type { McpSettings } from './read-options.ts'
import { readId, readOperations } from './read-operations.ts'
import {
  differentHeaders,
  needsToken,
  olderVersion,
  type Refusal,
  unexpectedBody,
  unlisted,
  unreadableBody,
} from './refusals.ts'

/** A resource server, and the settings of a guard for it. */
export interface McpServices {
  readonly server: GuardParts
  readonly settings: McpSettings
}

/** The outcome of a request that may continue. */
export type McpPassed = (Granted | Anonymous) & {
  /** `undefined`: the caller is anonymous. */
  readonly authInfo: AuthInfo | undefined
  /** The body that the guard has checked. `undefined`: the request has no body. */
  readonly parsedBody: unknown
  /** The time when the response must end, in seconds since the epoch. `undefined`: the response may take any time. */
  readonly endsAt: number | undefined
}

/** The decision about a request: a complete response, or the outcome of a request that may continue. */
export type McpDecision = Respond | McpPassed

/** A complete response. */
export type Respond = Extract<Decision, { kind: 'respond' }>

/** A caller whose credentials were checked. */
type Caller =
  | { readonly kind: 'token'; readonly stage: Stage<Granted> }
  | { readonly kind: 'api_key'; readonly token: AccessToken; readonly key: string }
  | { readonly kind: 'anonymous' }

/** Methods of HTTP whose requests have no body, and no operation. */
const WITHOUT_BODY: readonly string[] = ['GET', 'HEAD', 'DELETE', 'OPTIONS']

/**
 * One request and the guard that decides about it in two stages: `authenticate` before the body is read, and `authorize` when the
 * body is known. The operation is read from the body that the server executes. Headers that name an operation never cause a grant.
 */
export class GuardedRequest {
  private readonly request: RequestLike
  private readonly services: McpServices
  private readonly guard: StagedGuard
  /** The headers of CORS for every response. */
  readonly corsHeaders: ResponseHeaders
  /** Written by `authenticate`. */
  private caller: Caller | undefined

  constructor(request: RequestLike, services: McpServices, corsHeaders: ResponseHeaders) {
    this.request = request
    this.services = services
    this.corsHeaders = corsHeaders
    this.guard = services.server.beginGuard(request)
  }

  /** Returns whether the body of the request must be read, because the body can contain operations. */
  get hasOperation(): boolean {
    return !WITHOUT_BODY.includes(this.request.method)
  }

  /**
   * Checks the origin, the credentials, and the requirements that apply to every request. Returns `undefined` if the request may
   * continue: then call `authorize` or `authorizeWithoutBody`.
   */
  async authenticate(): Promise<McpDecision | undefined> {
    const { origins, apiKeys } = this.services.settings
    const wrong = checkOrigin(this.request, origins)
    if (wrong !== undefined) return this.refuse({ rejection: wrong })
    const key = apiKeys && findApiKey(apiKeys, this.request, this.guard)
    if (key instanceof Rejection) return this.refuseKey(key)
    return apiKeys === undefined || key === undefined
      ? this.checkToken()
      : this.checkApiKey(key, apiKeys)
  }

  /**
   * Decides about a request without an operation. Refuses anonymous callers. If `hasBody` is `true`, refuses the request, because
   * a later handler could execute the body. Call `authenticate` first.
   */
  async authorizeWithoutBody(hasBody: boolean): Promise<McpDecision> {
    if (this.caller === undefined) throw notAuthenticated()
    if (this.isAnonymous) return this.refuse(needsToken())
    return hasBody ? this.refuse(unexpectedBody()) : this.pass(undefined)
  }

  /** Checks the operations in the body. Call `authenticate` first. */
  async authorize(body: ParsedBody): Promise<McpDecision> {
    if (this.caller === undefined) throw notAuthenticated()
    if (body instanceof Rejection)
      return this.refuse(this.isAnonymous ? needsToken() : unreadableBody(body))
    const { rules, legacy } = this.services.settings
    const { operations, isModern, messages } = readOperations(body.value)
    const id = readId(body.value)
    if (legacy === 'refuse' && !isModern)
      return this.refuse(olderVersion(findOlderVersion(this.request), id))
    const mismatch = checkHeaders(this.request, messages)
    // With an older version of the protocol, wrong headers are refused at the end, so that a missing scope is reported first.
    if (mismatch !== undefined && (isModern || namesModernVersion(this.request)))
      return this.refuse(differentHeaders(mismatch, id))
    if (this.isAnonymous) {
      if (!rules.isAnonymous(operations)) return this.refuse(needsToken())
    } else {
      const selection = rules.select(operations)
      if (selection.kind === 'unlisted') return this.refuse(unlisted(selection.operation))
      const refused = await this.check(selection.requirements)
      if (refused !== undefined) return refused
    }
    // Older versions do not define these headers. A wrong header is refused nevertheless.
    return mismatch === undefined
      ? this.pass(body.value)
      : this.refuse(differentHeaders(mismatch, id))
  }

  private get floor(): CheckedRequirements {
    return this.services.settings.rules.floor
  }

  /**
   * The requirements that are checked before the body is read. If a body must be read, the function `check` of the application is
   * called only after that.
   */
  private get firstRequirements(): CheckedRequirements {
    return this.hasOperation ? { ...this.floor, applicationCheck: undefined } : this.floor
  }

  private get isAnonymous(): boolean {
    return this.caller?.kind === 'anonymous'
  }

  /** Verifies an API key, and checks the requirements that apply to every request. */
  private async checkApiKey(
    key: string,
    apiKeys: ApiKeySettings,
  ): Promise<McpDecision | undefined> {
    const token = await verifyApiKey(key, apiKeys, this.services.server.clock)
    if (token instanceof Rejection) return this.refuseKey(token)
    this.caller = { kind: 'api_key', token, key }
    return this.check(this.firstRequirements)
  }

  private refuseKey(rejection: Rejection): McpDecision {
    return this.withCors(this.guard.refuseApiKey(rejection, this.floor))
  }

  /** Checks the token, and the requirements that apply to every request. */
  private async checkToken(): Promise<McpDecision | undefined> {
    const { hasAnonymous } = this.services.settings.rules
    const first = this.firstRequirements
    const requirements = hasAnonymous ? { ...first, optional: true } : first
    const { outcome, ...more } = await this.guard.check(requirements)
    if (outcome.kind === 'refused') return this.withCors(outcome)
    this.caller =
      outcome.kind === 'granted'
        ? { kind: 'token', stage: { outcome, ...more } }
        : { kind: 'anonymous' }
    return undefined
  }

  /** Checks requirements for a caller that is not anonymous. Returns a response if the caller is refused. */
  private async check(requirements: CheckedRequirements): Promise<McpDecision | undefined> {
    const { caller, guard } = this
    if (caller?.kind === 'api_key') {
      // A slow client can send the body after the key has expired.
      const expired = checkKeyExpiry(caller.token, this.services.server.clock)
      if (expired !== undefined) return this.refuseKey(expired)
      const outcome = await guard.checkApiKey(caller.token, requirements)
      return outcome.kind === 'refused' ? this.withCors(outcome) : undefined
    }
    const { outcome, ...more } = await guard.check(requirements)
    if (outcome.kind === 'refused') return this.withCors(outcome)
    this.caller = { kind: 'token', stage: { outcome: outcome as Granted, ...more } }
    return undefined
  }

  /** Lets the request continue. */
  private async pass(parsedBody: unknown): Promise<McpPassed> {
    const { caller, corsHeaders } = this
    if (caller === undefined) throw notAuthenticated()
    if (caller.kind === 'anonymous') {
      const headers = corsHeaders
      const outcome = this.guard.finish({ kind: 'anonymous', headers })
      return { ...outcome, authInfo: undefined, parsedBody, endsAt: undefined }
    }
    const isKey = caller.kind === 'api_key'
    const token = isKey ? caller.token : caller.stage.outcome.token
    const headers = isKey ? corsHeaders : { ...corsHeaders, ...caller.stage.outcome.headers }
    const shown = await this.getShownToken(caller)
    const authInfo = createAuthInfo(token, shown, this.services.server)
    const outcome = this.guard.finish({ kind: 'granted', token, headers })
    const endsAt = this.services.settings.endStreamsAtExpiry ? token.expiresAt : undefined
    return { ...outcome, authInfo, parsedBody, endsAt }
  }

  private getShownToken(caller: Exclude<Caller, { kind: 'anonymous' }>): MaybePromise<string> {
    const { exposeToken } = this.services.settings
    if (caller.kind === 'api_key') return exposeToken ? caller.key : hashText(caller.key)
    const { presented, hashToken } = caller.stage
    return exposeToken ? presented! : hashToken!()
  }

  private refuse({ rejection, protocolBody }: Refusal): McpDecision {
    const { guard, floor } = this
    return this.withCors(
      this.caller?.kind === 'api_key'
        ? guard.refuseApiKey(rejection, floor, protocolBody)
        : guard.refuse(rejection, floor, protocolBody),
    )
  }

  private withCors(response: Extract<Decision, { kind: 'refused' }>): McpDecision {
    const { status, headers, body } = response
    return { kind: 'respond', status, headers: { ...this.corsHeaders, ...headers }, body }
  }
}

function notAuthenticated(): TypeError {
  return new TypeError('authenticate was not called.')
}
