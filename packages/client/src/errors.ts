import { deepFreeze } from '@bearward/core/for-clients'

/** Who has to do something about it. */
export type Fault = 'ours' | 'server' | 'network'

export interface ErrorText {
  readonly fault: Fault
  /** Whether another attempt may end better, and so is made. */
  readonly isTransient: boolean
  /** What has happened. */
  readonly text: string
  /** What to do about it. */
  readonly advice: string
}

/** The one table of which errors, events and documentation are made. */
export const ERRORS = deepFreeze({
  invalid_client: {
    fault: 'ours',
    isTransient: false,
    text: 'The authorization server does not take our credentials.',
    advice:
      'Check clientId, the secret or key, and that clientAuthentication.method is the one registered for this client.',
  },
  unauthorized_client: {
    fault: 'ours',
    isTransient: false,
    text: 'This client may not use the client credentials grant.',
    advice: 'Allow the grant where the client is registered.',
  },
  invalid_scope: {
    fault: 'ours',
    isTransient: false,
    text: 'The authorization server does not grant this scope to this client.',
    advice: 'Check the spelling of the scope, and what the client is registered for.',
  },
  invalid_target: {
    fault: 'ours',
    isTransient: false,
    text: 'The authorization server does not know this resource, or not for this client.',
    advice: 'Check resource or audience, and that this client may use it.',
  },
  unsupported_grant_type: {
    fault: 'ours',
    isTransient: false,
    text: 'The authorization server does not offer the client credentials grant.',
    advice: 'Check that issuer or tokenEndpoint names the right server.',
  },
  invalid_request: {
    fault: 'ours',
    isTransient: false,
    text: 'The authorization server finds the request incomplete or malformed.',
    advice:
      'Check what the server wants besides: some want a scope, an audience, or parameters of their own.',
  },
  refused: {
    fault: 'ours',
    isTransient: false,
    text: 'The authorization server refuses the request.',
    advice: 'Look into the log of the authorization server for the reason.',
  },
  unsupported_token_type: {
    fault: 'ours',
    isTransient: false,
    text: 'The token is no bearer token.',
    advice: 'Register the client for bearer tokens, not for DPoP or another bound kind.',
  },
  endpoint_not_found: {
    fault: 'ours',
    isTransient: false,
    text: 'There is no token endpoint at this address.',
    advice: 'Check tokenEndpoint, or the metadata of the issuer.',
  },
  redirected: {
    fault: 'ours',
    isTransient: false,
    text: 'The authorization server answers with a redirect, which credentials do not follow.',
    advice: 'Give the final address; a fetch of your own has to honour redirect: manual.',
  },
  issuer_mismatch: {
    fault: 'ours',
    isTransient: false,
    text: 'The metadata is for another issuer, so no secret is sent.',
    advice: 'Give issuer byte for byte as the server writes it; a trailing slash counts.',
  },
  no_token_endpoint: {
    fault: 'ours',
    isTransient: false,
    text: 'The metadata of the issuer names no token endpoint that may be used.',
    advice: 'Check issuer, or give tokenEndpoint; it has to be https.',
  },
  credentials_unavailable: {
    fault: 'ours',
    isTransient: true,
    text: 'The secret, key or assertion could not be had or used.',
    advice: 'Check the function that gives it, and that the key fits its algorithm.',
  },
  origin_not_allowed: {
    fault: 'ours',
    isTransient: false,
    text: 'The token does not go to this origin.',
    advice:
      'Give resource, whose https origin is allowed, or name the origin in origins if it may.',
  },
  closed: {
    fault: 'ours',
    isTransient: false,
    text: 'The token source was closed.',
    advice: 'Ask before close(), or make another one.',
  },
  unexpected: {
    fault: 'ours',
    isTransient: false,
    text: 'Something failed that should not, in this library or in a fetch of your own.',
    advice: 'Check that fetch gives a Response; if it does, report a bug.',
  },
  server_error: {
    fault: 'server',
    isTransient: true,
    text: 'The authorization server fails.',
    advice: 'Check the status of the server; nothing here is wrong.',
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
    text: 'The authorization server asks for fewer requests.',
    advice:
      'Make one token source in each process, share it, and check how many processes there are.',
  },
  invalid_response: {
    fault: 'server',
    isTransient: true,
    text: 'The answer is no token response.',
    advice:
      'Check that the address is that of the token endpoint, and what stands between here and there.',
  },
  unreachable: {
    fault: 'network',
    isTransient: true,
    text: 'The authorization server cannot be reached.',
    advice:
      'Check address, DNS, proxy, firewall and certificates; detail has the code of the system.',
  },
  timeout: {
    fault: 'network',
    isTransient: true,
    text: 'There was no answer in time.',
    advice: 'Check the network and the server, or raise fetchTimeout.',
  },
} as const satisfies Readonly<Record<string, ErrorText>>)

/** Every way to fail. */
export type TokenErrorCode = keyof typeof ERRORS

/** What is known of a failure beside its code. */
export interface Circumstances {
  readonly detail?: string | undefined
  /** The status of the answer of the authorization server, where there was one. */
  readonly serverStatus?: number | undefined
  /** Seconds after which it makes sense to ask again. */
  readonly retryAfter?: number | undefined
}

/**
 * Why there is no token. Nothing of a secret, a request or a token is in it. It has no `status`: a framework would
 * take that for the status of its own answer.
 */
export class TokenError extends Error {
  override readonly name = 'TokenError'
  readonly code: TokenErrorCode
  /** Whether the configuration, the authorization server, or the network is to blame. */
  readonly fault: Fault
  /**
   * For the log: which address, and what came from there. The message has none of it, because some frameworks tell
   * their callers the messages of errors.
   */
  readonly detail: string | undefined
  /** The status with which the authorization server has answered, if it has. */
  readonly serverStatus: number | undefined
  /** Whole seconds after which it makes sense to ask again, where that is known. */
  readonly retryAfter: number | undefined

  constructor(code: TokenErrorCode, circumstances: Circumstances = {}) {
    const { text, advice, fault } = ERRORS[code]
    super(`${code}: ${text} ${advice}`)
    const { detail, serverStatus, retryAfter } = circumstances
    this.code = code
    this.fault = fault
    this.detail = detail
    this.serverStatus = serverStatus
    this.retryAfter = retryAfter === undefined ? undefined : Math.ceil(retryAfter)
  }

  /** Whether another attempt may end better. */
  get isTransient(): boolean {
    return ERRORS[this.code].isTransient
  }
}
