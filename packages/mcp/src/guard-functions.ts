import type { AccessToken } from '@bearward/core'
import { ConfigurationError, hashText } from '@bearward/core/internal'
import { type GuardParts } from '@bearward/core/internal-guards'
import { type AuthInfo, createAuthInfo, toAccessToken } from './auth-info.ts'
import type { McpServices } from './guarded-request.ts'
import type { OperationKind } from './read-operations.ts'

/** An error that the SDKs turn into a response. */
export interface VerifierError {
  readonly code: 'invalid_token' | 'insufficient_scope'
  /** A fixed text. */
  readonly message: string
}

/** The functions of a guard that do not depend on the framework. */
export interface GuardFunctions {
  /**
   * Returns whether a caller may use a tool, a prompt or a resource, by the same rules as the guard. Use it to filter lists. Returns
   * `false` for an anonymous caller.
   *
   * Does NOT verify the token again, not even its expiry. Does NOT call `check`, and does NOT introspect the token. The guard makes
   * all these checks when the operation is used.
   *
   * The type of `caller` also includes the `AuthInfo` of the SDKs, because the SDKs pass on the `authInfo` of the guard with
   * their own type.
   *
   * @throws {TypeError} if `caller` is a copy of an `authInfo`
   * @example
   * const visible = tools.filter(({ name }) => mcp.may(extra.authInfo, 'tool', name))
   */
  may(
    caller: Pick<AuthInfo, 'token' | 'clientId' | 'scopes'> | AccessToken | undefined,
    kind: OperationKind,
    name: string,
  ): boolean
  /**
   * Creates an `authInfo` for a token that your own code has verified, for example with `verify`. `presented` is the token as it was
   * sent. The `authInfo` contains the hash of the token, or the token itself if `exposeToken` is `true`.
   *
   * @example
   * const authInfo = await mcp.authInfo(outcome.token, presented)
   */
  authInfo(token: AccessToken, presented: string): Promise<AuthInfo>
  /**
   * Creates a token verifier for `requireBearerAuth` of the SDKs, for servers that keep that function. `toError` creates an error
   * of the SDK. The verifier checks the token and the requirements of the guard. It refuses every bound token (`cnf`).
   *
   * Does NOT check the origin and the operations: use the guard for this. If a token cannot be verified at the moment, the SDKs
   * respond with 500, because they have no error for 503.
   *
   * @throws {ConfigurationError} if the requirements of the guard have `check` or `introspect`, which need the request
   * @example
   * const verifier = mcp.verifier(({ code, message }) => new OAuthError(code, message))
   */
  verifier(toError: (error: VerifierError) => Error): {
    verifyAccessToken(token: string): Promise<AuthInfo>
  }
}

/** The method that uses each kind of operation. */
const METHODS = { tool: 'tools/call', prompt: 'prompts/get', resource: 'resources/read' } as const

export function createGuardFunctions({ server, settings }: McpServices): GuardFunctions {
  const { rules, exposeToken } = settings

  async function authInfo(token: AccessToken, presented: string): Promise<AuthInfo> {
    return createAuthInfo(token, exposeToken ? presented : await hashText(presented), server)
  }

  return {
    authInfo,
    may(caller, kind, name) {
      if (caller === undefined) return false
      const token = toAccessToken(caller)
      const selection = rules.select([{ kind, method: METHODS[kind], name }])
      if (selection.kind === 'unlisted') return false
      // As in the guard, the floor is also checked separately: it can refuse a token that the merged requirements accept.
      return server.meets(token, rules.floor) && server.meets(token, selection.requirements)
    },
    verifier(toError) {
      checkVerifier(toError, rules.floor)
      return {
        async verifyAccessToken(presented) {
          const token = await verify(presented, server, toError)
          if (server.meets(token, rules.floor)) return authInfo(token, presented)
          throw toError({
            code: 'insufficient_scope',
            message: 'The access token does not meet the requirements.',
          })
        },
      }
    },
  }
}

async function verify(
  presented: string,
  server: GuardParts,
  toError: (error: VerifierError) => Error,
): Promise<AccessToken> {
  const outcome = await server.verify(presented)
  if (outcome.kind === 'granted') return outcome.token
  if (outcome.status === 503) {
    throw new Error(
      'The access token cannot be verified at the moment. The log of this server contains the cause.',
    )
  }
  throw toError({ code: 'invalid_token', message: 'The access token is not valid.' })
}

function checkVerifier(
  toError: unknown,
  { applicationCheck, introspect }: McpServices['settings']['rules']['floor'],
): void {
  const problems = [
    ...(typeof toError === 'function'
      ? []
      : ['Pass a function that creates an error of the SDK from { code, message }.']),
    ...(applicationCheck === undefined
      ? []
      : ['A verifier cannot call check: use the guard instead.']),
    ...(introspect === undefined
      ? []
      : ['A verifier cannot use introspect: use the guard instead.']),
  ]
  if (problems.length > 0) throw new ConfigurationError('verifier cannot be created', problems)
}
