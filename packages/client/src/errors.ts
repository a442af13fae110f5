import { deepFreeze } from '@bearward/core/internal'

/** Cause of a failure: the configuration of this client, the authorization server, or the network. */
export type Fault = 'configuration' | 'server' | 'network'

/** Description of an error code. */
export interface ErrorText {
  readonly fault: Fault
  /** `true` if a retry can succeed. If the value is `false`, a failed request is not retried. */
  readonly isTransient: boolean
  /** Description of the problem. */
  readonly text: string
  /** Instruction for solving the problem. */
  readonly advice: string
}

/**
 * Descriptions of all error codes. Errors, events and the documentation use these texts.
 *
 * @example
 * ```ts
 * const { text, advice } = ERRORS[error.code]
 * ```
 */
export const ERRORS = deepFreeze({
  invalid_client: {
    fault: 'configuration',
    isTransient: false,
    text: 'The authorization server rejected the credentials of this client.',
    advice:
      'Check clientId, the secret or key, and that clientAuthentication.method is the method registered for this client.',
  },
  unauthorized_client: {
    fault: 'configuration',
    isTransient: false,
    text: 'This client is not allowed to use the client credentials grant.',
    advice: 'Allow the grant in the registration of this client.',
  },
  invalid_scope: {
    fault: 'configuration',
    isTransient: false,
    text: 'The authorization server does not grant this scope to this client.',
    advice: 'Check the spelling of the scope, and the scopes registered for this client.',
  },
  invalid_target: {
    fault: 'configuration',
    isTransient: false,
    text: 'The authorization server does not know this resource, or does not allow it for this client.',
    advice: 'Check resource or audience, and that this client is allowed to use it.',
  },
  unsupported_grant_type: {
    fault: 'configuration',
    isTransient: false,
    text: 'The authorization server does not support the client credentials grant.',
    advice: 'Check that issuer or tokenEndpoint names the right server.',
  },
  invalid_request: {
    fault: 'configuration',
    isTransient: false,
    text: 'The authorization server reports an incomplete or malformed request.',
    advice: 'Check whether the server requires a scope, an audience or additional parameters.',
  },
  refused: {
    fault: 'configuration',
    isTransient: false,
    text: 'The authorization server refused the request.',
    advice: 'Read the reason in the log of the authorization server.',
  },
  unsupported_token_type: {
    fault: 'configuration',
    isTransient: false,
    text: 'The token is not a bearer token.',
    advice:
      'If the token is bound to a key (DPoP), set dpop. If the server uses another token_type for bearer tokens, add it to acceptTokenType.',
  },
  token_not_bound: {
    fault: 'configuration',
    isTransient: false,
    text: 'The token is not bound to the key of this client (DPoP).',
    advice:
      'Enable DPoP at the authorization server, and for this client. To use bearer tokens, remove dpop.',
  },
  invalid_dpop_proof: {
    fault: 'configuration',
    isTransient: false,
    text: 'The authorization server rejected the DPoP proof of this client.',
    advice:
      'Check the clock of this computer, dpop.algorithm, and whether a proxy changes the URL of the token endpoint.',
  },
  endpoint_not_found: {
    fault: 'configuration',
    isTransient: false,
    text: 'The token endpoint does not exist at this URL.',
    advice: 'Check tokenEndpoint, or the metadata of the issuer.',
  },
  redirected: {
    fault: 'configuration',
    isTransient: false,
    text: 'The authorization server responded with a redirect. Redirects are not followed, to protect the credentials.',
    advice:
      "Set issuer or tokenEndpoint to the final URL. A custom fetch must support redirect: 'manual'.",
  },
  issuer_mismatch: {
    fault: 'configuration',
    isTransient: false,
    text: 'The metadata belongs to another issuer. No credentials were sent.',
    advice: 'Set issuer to exactly the value in the metadata, including a trailing slash.',
  },
  no_token_endpoint: {
    fault: 'configuration',
    isTransient: false,
    text: 'The metadata of the issuer contains no usable token endpoint.',
    advice: 'Check issuer, or set tokenEndpoint. The endpoint must use https.',
  },
  credentials_unavailable: {
    fault: 'configuration',
    isTransient: true,
    text: 'The secret, key or assertion is unavailable or unusable.',
    advice: 'Check the function that returns the credentials, and that the key fits its algorithm.',
  },
  origin_not_allowed: {
    fault: 'configuration',
    isTransient: false,
    text: 'The token must not be sent to this origin.',
    advice:
      'Set resource, because its https origin is then allowed. Or add the origin to allowedOrigins: the property detail contains the origin.',
  },
  too_many_targets: {
    fault: 'configuration',
    isTransient: true,
    text: 'Tokens for too many targets are requested at the same time.',
    advice:
      'Request fewer combinations of scope, resource and audience. Do not build scope, resource or audience from request input.',
  },
  closed: {
    fault: 'configuration',
    isTransient: false,
    text: 'The token source is closed.',
    advice: 'Request tokens before close(), or create another token source.',
  },
  unexpected: {
    fault: 'configuration',
    isTransient: false,
    text: 'An unexpected error occurred in this library or in a custom fetch.',
    advice: 'Check that fetch returns a Response. If it does, report a bug.',
  },
  server_error: {
    fault: 'server',
    isTransient: true,
    text: 'The authorization server failed.',
    advice: 'Check the status of the server. This client is not the cause.',
  },
  temporarily_unavailable: {
    fault: 'server',
    isTransient: true,
    text: 'The authorization server is overloaded or in maintenance.',
    advice: 'Wait, and check the status of the server.',
  },
  throttled: {
    fault: 'server',
    isTransient: true,
    text: 'The authorization server received too many requests.',
    advice: 'Create one token source per process, share it, and check the number of processes.',
  },
  use_dpop_nonce: {
    fault: 'server',
    isTransient: true,
    text: 'The authorization server requires a nonce in the DPoP proof. But it sends no nonce, or rejects the nonces that it has sent.',
    advice:
      'Check that all nodes of the server share the secret of their nonces, and that no proxy removes DPoP-Nonce.',
  },
  invalid_response: {
    fault: 'server',
    isTransient: false,
    text: 'The response is not a valid token response.',
    advice: 'Check that the URL is the token endpoint, and check the proxies on the way to it.',
  },
  unreachable: {
    fault: 'network',
    isTransient: true,
    text: 'The authorization server is unreachable.',
    advice:
      'Check the URL, DNS, proxy, firewall and certificates. The property detail contains the system error code.',
  },
  timeout: {
    fault: 'network',
    isTransient: true,
    text: 'The request timed out.',
    advice: 'Check the network and the server, or increase fetchTimeout.',
  },
} as const satisfies Readonly<Record<string, ErrorText>>)

/** Code of a `TokenError`. */
export type TokenErrorCode = keyof typeof ERRORS

/** Options for `TokenError`. */
export interface TokenErrorOptions {
  /** Detail for the log, such as the URL and the response of the server. */
  readonly detail?: string | undefined
  /** HTTP status of the response of the authorization server, if there was one. */
  readonly serverStatus?: number | undefined
  /** Seconds to wait before the next request. */
  readonly retryAfter?: number | undefined
}

/**
 * Thrown if no token is available, or if a token must not be sent to a URL. Contains no secret and no token. It has no
 * `status`, because frameworks would use this member as the status of their own response.
 *
 * @example
 * ```ts
 * try {
 *   await source.getToken()
 * } catch (error) {
 *   if (!(error instanceof TokenError)) throw error
 *   console.error(error.message, error.detail)
 * }
 * ```
 */
export class TokenError extends Error {
  override readonly name = 'TokenError'
  /** Error code. `ERRORS` describes each code. */
  readonly code: TokenErrorCode
  /** Cause of the failure: the configuration, the authorization server, or the network. */
  readonly fault: Fault
  /**
   * Detail for the log: the URL, and the response of the server if it can be logged. It is not part of `message`, because
   * some frameworks send the messages of errors to their callers.
   */
  readonly detail: string | undefined
  /** HTTP status of the response of the authorization server, if there was one. */
  readonly serverStatus: number | undefined
  /** Whole seconds to wait before the next request, if known. */
  readonly retryAfter: number | undefined

  constructor(code: TokenErrorCode, options: TokenErrorOptions = {}) {
    const { text, advice, fault } = ERRORS[code]
    super(`${code}: ${text} ${advice}`)
    const { detail, serverStatus, retryAfter } = options
    this.code = code
    this.fault = fault
    this.detail = detail
    this.serverStatus = serverStatus
    this.retryAfter = retryAfter === undefined ? undefined : Math.ceil(retryAfter)
  }

  /** `true` if a retry can succeed, now or after `retryAfter` seconds. */
  get isTransient(): boolean {
    return ERRORS[this.code].isTransient
  }
}
