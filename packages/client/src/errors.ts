/** Who has to do something about it. */
export type Fault = 'ours' | 'server' | 'network'

/** Every way to fail. */
export type TokenErrorCode =
  | 'invalid_client'
  | 'unauthorized_client'
  | 'invalid_scope'
  | 'invalid_target'
  | 'unsupported_grant_type'
  | 'invalid_request'
  | 'refused'
  | 'unsupported_token_type'
  | 'endpoint_not_found'
  | 'redirected'
  | 'issuer_mismatch'
  | 'no_token_endpoint'
  | 'credentials_unavailable'
  | 'origin_not_allowed'
  | 'closed'
  | 'server_error'
  | 'temporarily_unavailable'
  | 'throttled'
  | 'invalid_response'
  | 'unreachable'
  | 'timeout'

export interface ErrorText {
  readonly fault: Fault
  /** Whether another attempt may end better, and so is made. */
  readonly retried: boolean
  /** What has happened, and what to check. */
  readonly text: string
}

/** The one table of which errors, events and documentation are made. */
export const ERRORS: Readonly<Record<TokenErrorCode, ErrorText>> = {
  invalid_client: {
    fault: 'ours',
    retried: false,
    text: 'The authorization server does not take our credentials. Check clientId, the secret or key, and that clientAuthentication.method is the one registered for this client.',
  },
  unauthorized_client: {
    fault: 'ours',
    retried: false,
    text: 'This client may not use the client credentials grant. Allow it where the client is registered.',
  },
  invalid_scope: {
    fault: 'ours',
    retried: false,
    text: 'The authorization server does not grant this scope to this client. Check its spelling, and what the client is registered for.',
  },
  invalid_target: {
    fault: 'ours',
    retried: false,
    text: 'The authorization server does not know this resource, or not for this client. Check resource or audience.',
  },
  unsupported_grant_type: {
    fault: 'ours',
    retried: false,
    text: 'The authorization server does not offer the client credentials grant. Check that issuer or tokenEndpoint names the right server.',
  },
  invalid_request: {
    fault: 'ours',
    retried: false,
    text: 'The authorization server finds the request incomplete or malformed. Check what it wants besides scope and resource: some want an audience.',
  },
  refused: {
    fault: 'ours',
    retried: false,
    text: 'The authorization server refuses the request. Check its log for the reason.',
  },
  unsupported_token_type: {
    fault: 'ours',
    retried: false,
    text: 'The token is no bearer token. Check that the client is not registered for DPoP or another bound kind.',
  },
  endpoint_not_found: {
    fault: 'ours',
    retried: false,
    text: 'There is no token endpoint at this address. Check tokenEndpoint, or the metadata of the issuer.',
  },
  redirected: {
    fault: 'ours',
    retried: false,
    text: 'The authorization server answers with a redirect, which credentials do not follow. Give the final address.',
  },
  issuer_mismatch: {
    fault: 'ours',
    retried: false,
    text: 'The metadata is for another issuer, so no secret is sent. Give issuer byte for byte as the server writes it; a trailing slash counts.',
  },
  no_token_endpoint: {
    fault: 'ours',
    retried: false,
    text: 'The metadata of the issuer names no token endpoint that may be used. Check issuer, or give tokenEndpoint.',
  },
  credentials_unavailable: {
    fault: 'ours',
    retried: true,
    text: 'The secret or key could not be had or used. Check the function that gives it, and that the key fits its algorithm.',
  },
  origin_not_allowed: {
    fault: 'ours',
    retried: false,
    text: 'The token does not go to this origin. Name it in origins if it may.',
  },
  closed: {
    fault: 'ours',
    retried: false,
    text: 'The token source was closed. Ask before close(), or make another one.',
  },
  server_error: {
    fault: 'server',
    retried: true,
    text: 'The authorization server fails. Check its status; nothing here is wrong.',
  },
  temporarily_unavailable: {
    fault: 'server',
    retried: true,
    text: 'The authorization server is overloaded or in maintenance. Check its status.',
  },
  throttled: {
    fault: 'server',
    retried: true,
    text: 'The authorization server asks for fewer requests. Use one token source in each process, and check how many processes there are.',
  },
  invalid_response: {
    fault: 'server',
    retried: true,
    text: 'The answer is no token response. Check that the address is that of the token endpoint, and what stands between here and there.',
  },
  unreachable: {
    fault: 'network',
    retried: true,
    text: 'The authorization server cannot be reached. Check address, DNS, proxy, firewall and certificates.',
  },
  timeout: {
    fault: 'network',
    retried: true,
    text: 'There was no answer in time. Check the network and the server, or raise fetchTimeout.',
  },
}

/** What is known of a failure beside its code. */
export interface Circumstances {
  /** Which address, and what it did. */
  readonly detail?: string | undefined
  /** The status of the answer, where there was one. */
  readonly status?: number | undefined
  /** Seconds after which it makes sense to ask again. */
  readonly retryAfter?: number | undefined
}

/** Why there is no token. Nothing of a secret, a request or a token is in it. */
export class TokenError extends Error {
  override readonly name = 'TokenError'
  readonly code: TokenErrorCode
  /** Whether the configuration, the authorization server, or the network is to blame. */
  readonly fault: Fault
  readonly status: number | undefined
  readonly retryAfter: number | undefined

  constructor(code: TokenErrorCode, { detail, status, retryAfter }: Circumstances = {}) {
    const { text, fault } = ERRORS[code]
    super(`${code}: ${text}${detail === undefined ? '' : ` (${detail})`}`)
    this.code = code
    this.fault = fault
    this.status = status
    this.retryAfter = retryAfter
  }

  /** Whether another attempt may end better. */
  get isTransient(): boolean {
    return ERRORS[this.code].retried
  }
}
