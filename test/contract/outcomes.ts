import type { AccessToken, Reason } from '@bearward/core'

/** Outcome of a request whose handler runs. */
export interface Granted {
  readonly kind: 'granted'
  readonly caller: 'machine' | 'user' | 'unknown' | 'anonymous'
  /** The request body that the handler reads. */
  readonly received: string
  /** Members that the token in the handler must have. */
  readonly token: Partial<AccessToken>
  /** The value of the only `DPoP-Nonce` header. */
  readonly nonce?: string
}

/** Outcome of a request that the adapter refuses. The handler does not run. */
export interface Refused {
  readonly kind: 'refused'
  readonly reason: Reason
  readonly status: number
  /** The complete values of the `WWW-Authenticate` header lines, in their order. */
  readonly challenges: readonly string[]
  readonly retryAfter: string | undefined
  /** The value of the only `DPoP-Nonce` header. */
  readonly nonce?: string
  readonly body: { readonly error: string; readonly error_description: string }
}

/** Outcome of a request to which the HTTP parser responds. The application does not get it. */
export interface Unparsed {
  readonly kind: 'unparsed'
  readonly status: 400 | 431
}

export type ExpectedOutcome = Granted | Refused | Unparsed

/** The texts for 401 with `invalid_token` (RFC 6750 section 3.1), by reason. */
const INVALID_TOKEN = {
  token_too_long: 'The access token is too long.',
  malformed_token: 'The access token is malformed.',
  unknown_issuer: 'The access token is from an unknown issuer.',
  unsupported_algorithm: 'The access token is signed with an unsupported algorithm.',
  unsupported_header: 'The access token has an unsupported header parameter.',
  wrong_token_type: 'The token is not an access token.',
  unknown_key: 'The access token is signed with an unknown key.',
  invalid_signature: 'The access token has an invalid signature.',
  missing_claim: 'The access token lacks a required claim.',
  invalid_claim: 'The access token has an invalid claim.',
  wrong_audience: 'The access token is not for this resource.',
  untrusted_client: 'The client of the access token is not allowed.',
  expired: 'The access token has expired.',
  not_yet_valid: 'The access token is not valid yet.',
  issued_in_future: 'The access token was issued in the future.',
  too_old: 'The access token is too old.',
  inactive: 'The access token is not active.',
  revoked: 'The access token was revoked.',
  unsupported_binding: 'The access token is bound in an unsupported way.',
  unbound_token: 'The access token is not bound to a key or certificate.',
  no_certificate:
    'The access token is bound to a certificate, and the request has no usable client certificate.',
  wrong_certificate: 'The access token is bound to a different certificate.',
  wrong_scheme: 'The access token does not fit the authentication scheme.',
  wrong_proof_key: 'The access token is bound to another key.',
} as const

/** The texts for 401 with `invalid_dpop_proof` (RFC 9449 section 7.1), by reason. */
const INVALID_PROOF = {
  no_proof: 'A DPoP proof is required.',
  invalid_proof: 'The DPoP proof is invalid.',
  proof_used: 'The DPoP proof was used before.',
} as const

const INVALID_REQUEST = {
  malformed_credentials: 'The credentials are malformed.',
  multiple_credentials: 'The request carries more than one set of credentials.',
} as const

/** Texts for 401 without an error code, because the request has no bearer token. */
const BARE_401 = {
  no_credentials: 'An access token is required.',
  unsupported_scheme: 'The request uses an authentication scheme that is not accepted.',
} as const

/** Texts for 403 without an error code. RFC 6750 section 3.1 defines no code for these reasons. */
const FORBIDDEN = {
  wrong_issuer: 'The issuer of the access token is not allowed here.',
  wrong_subject: 'This kind of caller is not allowed here.',
  wrong_client: 'This client is not allowed here.',
  wrong_authorization_details: 'The authorization details of the access token are not sufficient.',
  wrong_claim: 'The claims of the access token are not sufficient.',
  check_failed: 'The caller is not allowed here.',
} as const

export function ok(
  token: Partial<AccessToken> = {},
  caller: Granted['caller'] = 'machine',
  received = '',
): Granted {
  return { kind: 'granted', caller, received, token }
}

export function anonymous(received = ''): Granted {
  return ok({}, 'anonymous', received)
}

export function bare401(reason: keyof typeof BARE_401, scope?: string): Refused {
  const body = { error: 'unauthorized', error_description: BARE_401[reason] }
  return refused(401, reason, body, `Bearer realm="api"${scopeParameter(scope)}`)
}

export function invalidRequest(reason: keyof typeof INVALID_REQUEST): Refused {
  return withCode(400, reason, 'invalid_request', INVALID_REQUEST[reason])
}

export function invalidToken(reason: keyof typeof INVALID_TOKEN, scope?: string): Refused {
  return withCode(401, reason, 'invalid_token', INVALID_TOKEN[reason], scope)
}

/** Returns a refusal because of a proof. The scheme of the request is DPoP. */
export function invalidProof(reason: keyof typeof INVALID_PROOF): Refused {
  return withCode(401, reason, 'invalid_dpop_proof', INVALID_PROOF[reason])
}

/** Returns a refusal of a proof without a valid nonce, with a new nonce (RFC 9449 section 9). */
export function nonceRequired(nonce: string): Refused {
  const text = 'The DPoP proof requires a nonce of this API.'
  return { ...withCode(401, 'nonce_required', 'use_dpop_nonce', text), nonce }
}

export function insufficientScope(scope: string): Refused {
  const text = 'The access token lacks a required scope.'
  return withCode(403, 'insufficient_scope', 'insufficient_scope', text, scope)
}

/** Returns a refusal because of the authentication of the user (RFC 9470 section 3). */
export function insufficientAuthentication(required: {
  readonly acr?: string
  readonly maxAge?: number
  readonly scope?: string
  readonly metadata?: string
}): Refused {
  const { acr, maxAge, scope, metadata } = required
  const reason = 'insufficient_user_authentication'
  const text = 'A stronger or more recent authentication of the user is required.'
  const refusal = withCode(401, reason, reason, text, scope)
  const described = metadata === undefined ? refusal : withMetadata(refusal, metadata)
  const parameters = [
    ...(acr === undefined ? [] : [`, acr_values="${acr}"`]),
    ...(maxAge === undefined ? [] : [`, max_age="${maxAge}"`]),
  ]
  return addParameters(described, parameters.join(''))
}

/** Returns a refusal as an API with metadata sends it: the challenge contains the address (RFC 9728 section 5.1). */
export function withMetadata(refusal: Refused, url: string): Refused {
  return addParameters(refusal, `, resource_metadata="${url}"`)
}

/** The algorithms of proofs that an API accepts by default. */
export const PROOF_ALGORITHMS = 'ES256 EdDSA Ed25519 PS256 RS256'

/**
 * Returns a refusal as an API that accepts DPoP sends it (RFC 9449 section 7.2). `used` is the scheme of the request, and
 * decides which challenge contains the error of the refusal. If `used` is `undefined`, both challenges contain it.
 */
export function withDpop(
  { challenges: [usual], ...refusal }: Refused,
  used: 'Bearer' | 'DPoP' | undefined,
  algs = PROOF_ALGORITHMS,
): Refused {
  const parameters = usual!.replace(/^Bearer /, '')
  const error = /error="[^"]*", error_description="[^"]*", /.exec(`${parameters}, `)?.[0] ?? ''
  const metadata = /, resource_metadata="[^"]*"/.exec(parameters)?.[0] ?? ''
  const challenges = {
    Bearer: [usual!, `DPoP algs="${algs}"`],
    DPoP: [`Bearer realm="api"${metadata}`, `DPoP ${parameters}, algs="${algs}"`],
    none: [usual!, `DPoP ${error}algs="${algs}"`],
  }
  return { ...refusal, challenges: challenges[used ?? 'none'] }
}

/** Returns a refusal as an API that requires DPoP sends it: with a challenge of the scheme DPoP only. */
export function withDpopOnly(refusal: Refused): Refused {
  const [usual] = refusal.challenges
  const challenge = usual!.replace(/^Bearer /, 'DPoP ')
  return { ...refusal, challenges: [`${challenge}, algs="${PROOF_ALGORITHMS}"`] }
}

export function forbidden(reason: keyof typeof FORBIDDEN): Refused {
  const body = { error: 'forbidden', error_description: FORBIDDEN[reason] }
  return refused(403, reason, body, 'Bearer realm="api"')
}

/** Returns a refusal with 503. It is not about the token, so it has no challenge. */
export function unavailable(
  retryAfter: string,
  reason:
    | 'keys_unavailable'
    | 'keys_refresh_pending'
    | 'issuer_unavailable'
    | 'introspection_unavailable'
    | 'replay_unavailable'
    | 'revocation_unavailable' = 'keys_unavailable',
): Refused {
  const what = reason === 'replay_unavailable' ? 'DPoP proof' : 'access token'
  const text = `The ${what} cannot be verified at the moment.`
  const body = { error: 'temporarily_unavailable', error_description: text }
  return { ...refused(503, reason, body), retryAfter }
}

export function unparsed(status: Unparsed['status']): Unparsed {
  return { kind: 'unparsed', status }
}

function withCode(status: number, reason: Reason, error: string, text: string, scope?: string) {
  const parameters = `error="${error}", error_description="${text}"${scopeParameter(scope)}`
  const challenge = `Bearer realm="api", ${parameters}`
  return refused(status, reason, { error, error_description: text }, challenge)
}

function refused(
  status: number,
  reason: Reason,
  body: Refused['body'],
  ...challenges: readonly string[]
): Refused {
  return { kind: 'refused', reason, status, challenges, retryAfter: undefined, body }
}

/** Adds parameters to the only challenge of a refusal. */
function addParameters(refusal: Refused, parameters: string): Refused {
  return { ...refusal, challenges: refusal.challenges.map((challenge) => challenge + parameters) }
}

function scopeParameter(scope: string | undefined): string {
  return scope === undefined ? '' : `, scope="${scope}"`
}
