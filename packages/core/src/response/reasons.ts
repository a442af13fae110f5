import { deepFreeze } from '../lib/deep-freeze.ts'
import { copyOwnData } from '../lib/own-data.ts'

/** Status, error code and description of a refusal, as sent to the caller. */
export interface ReasonText {
  readonly status: 400 | 401 | 403 | 413 | 503
  /**
   * The error code of RFC 6750 section 3.1, RFC 9449 section 7.1 or RFC 9470 section 3. If it is missing, the challenge contains no
   * error: the request has no credentials, or no code of these RFCs fits. A 503 has no challenge.
   */
  readonly error?:
    | 'invalid_request'
    | 'invalid_token'
    | 'insufficient_scope'
    | 'insufficient_user_authentication'
    | 'invalid_dpop_proof'
    | 'use_dpop_nonce'
  readonly description: string
}

const invalidToken = (description: string) =>
  ({ status: 401, error: 'invalid_token', description }) as const

const invalidProof = (description: string) =>
  ({ status: 401, error: 'invalid_dpop_proof', description }) as const

/**
 * All reasons for which a request is refused, with their texts. Outcomes, events and documentation use this closed set.
 * The texts are fixed, so a response never contains a part of the request.
 *
 * @example
 * const { status, description } = REASONS.expired
 */
export const REASONS = deepFreeze(
  copyOwnData({
    malformed_credentials: {
      status: 400,
      error: 'invalid_request',
      description: 'The credentials are malformed.',
    },
    multiple_credentials: {
      status: 400,
      error: 'invalid_request',
      description: 'The request carries more than one set of credentials.',
    },

    malformed_body: { status: 400, description: 'The body of the request is malformed.' },
    header_mismatch: {
      status: 400,
      description: 'The headers and the body of the request name different operations.',
    },
    unsupported_protocol: {
      status: 400,
      description: 'This version of the protocol is not accepted.',
    },
    body_too_large: { status: 413, description: 'The body of the request is too large.' },

    no_credentials: { status: 401, description: 'An access token is required.' },
    unsupported_scheme: {
      status: 401,
      description: 'The request uses an authentication scheme that is not accepted.',
    },

    invalid_api_key: { status: 401, description: 'The API key is not valid.' },

    token_too_long: invalidToken('The access token is too long.'),
    malformed_token: invalidToken('The access token is malformed.'),
    unknown_issuer: invalidToken('The access token is from an unknown issuer.'),
    unsupported_algorithm: invalidToken(
      'The access token is signed with an unsupported algorithm.',
    ),
    unsupported_header: invalidToken('The access token has an unsupported header parameter.'),
    wrong_token_type: invalidToken('The token is not an access token.'),
    unknown_key: invalidToken('The access token is signed with an unknown key.'),
    invalid_signature: invalidToken('The access token has an invalid signature.'),
    missing_claim: invalidToken('The access token lacks a required claim.'),
    invalid_claim: invalidToken('The access token has an invalid claim.'),
    wrong_audience: invalidToken('The access token is not for this resource.'),
    untrusted_client: invalidToken('The client of the access token is not allowed.'),
    expired: invalidToken('The access token has expired.'),
    not_yet_valid: invalidToken('The access token is not valid yet.'),
    issued_in_future: invalidToken('The access token was issued in the future.'),
    too_old: invalidToken('The access token is too old.'),
    inactive: invalidToken('The access token is not active.'),
    revoked: invalidToken('The access token was revoked.'),
    unsupported_binding: invalidToken('The access token is bound in an unsupported way.'),
    unbound_token: invalidToken('The access token is not bound to a key or certificate.'),
    no_certificate: invalidToken(
      'The access token is bound to a certificate, and the request has no usable client certificate.',
    ),
    wrong_certificate: invalidToken('The access token is bound to a different certificate.'),
    wrong_scheme: invalidToken('The access token does not fit the authentication scheme.'),
    wrong_proof_key: invalidToken('The access token is bound to another key.'),

    no_proof: invalidProof('A DPoP proof is required.'),
    invalid_proof: invalidProof('The DPoP proof is invalid.'),
    proof_used: invalidProof('The DPoP proof was used before.'),
    nonce_required: {
      status: 401,
      error: 'use_dpop_nonce',
      description: 'The DPoP proof requires a nonce of this API.',
    },

    insufficient_user_authentication: {
      status: 401,
      error: 'insufficient_user_authentication',
      description: 'A stronger or more recent authentication of the user is required.',
    },

    insufficient_scope: {
      status: 403,
      error: 'insufficient_scope',
      description: 'The access token lacks a required scope.',
    },
    wrong_issuer: {
      status: 403,
      description: 'The issuer of the access token is not allowed here.',
    },
    wrong_subject: { status: 403, description: 'This kind of caller is not allowed here.' },
    wrong_client: { status: 403, description: 'This client is not allowed here.' },
    wrong_claim: { status: 403, description: 'The claims of the access token are not sufficient.' },
    wrong_authorization_details: {
      status: 403,
      description: 'The authorization details of the access token are not sufficient.',
    },
    check_failed: { status: 403, description: 'The caller is not allowed here.' },
    wrong_origin: { status: 403, description: 'Pages of this origin are not allowed.' },
    unlisted_operation: { status: 403, description: 'This operation is not allowed.' },
    api_key_not_sufficient: {
      status: 403,
      description: 'An API key is not sufficient for this operation.',
    },

    keys_unavailable: {
      status: 503,
      description: 'The access token cannot be verified at the moment.',
    },
    keys_refresh_pending: {
      status: 503,
      description: 'The access token cannot be verified at the moment.',
    },
    issuer_unavailable: {
      status: 503,
      description: 'The access token cannot be verified at the moment.',
    },
    introspection_unavailable: {
      status: 503,
      description: 'The access token cannot be verified at the moment.',
    },
    replay_unavailable: {
      status: 503,
      description: 'The DPoP proof cannot be verified at the moment.',
    },
    revocation_unavailable: {
      status: 503,
      description: 'The access token cannot be verified at the moment.',
    },
    api_key_unavailable: {
      status: 503,
      description: 'The API key cannot be verified at the moment.',
    },
  } as const satisfies Record<string, ReasonText>),
)

/** A reason for which a request is refused: a key of `REASONS`. */
export type Reason = keyof typeof REASONS

/** The reasons of `@bearward/mcp`. Rejections with these reasons contain their advice, so the advice of the core does not list them. */
export type McpReason =
  | 'malformed_body'
  | 'header_mismatch'
  | 'unsupported_protocol'
  | 'body_too_large'
  | 'invalid_api_key'
  | 'api_key_unavailable'
  | 'wrong_origin'
  | 'unlisted_operation'
