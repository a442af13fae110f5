import { deepFreeze } from '../lib/deep-freeze.ts'

/**
 * Error codes that a token or introspection endpoint can return, from the registry "OAuth Extensions Error" and the RFCs
 * that it refers to. Only these codes are shown, because any other text can contain a secret.
 */
export const OAUTH_ERROR_CODES = /* @__PURE__ */ deepFreeze([
  // RFC 6749 sections 4.1.2.1 and 5.2
  'invalid_request',
  'invalid_client',
  'invalid_grant',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
  'access_denied',
  'unsupported_response_type',
  'server_error',
  'temporarily_unavailable',
  // RFC 6750 section 3.1
  'invalid_token',
  'insufficient_scope',
  // RFC 7009 section 4.1.1
  'unsupported_token_type',
  // RFC 8628 section 3.5
  'authorization_pending',
  'slow_down',
  'expired_token',
  // RFC 8707 section 2
  'invalid_target',
  // RFC 9396 section 5
  'invalid_authorization_details',
  // RFC 9449 sections 5 and 8
  'invalid_dpop_proof',
  'use_dpop_nonce',
  // RFC 9470 section 3
  'insufficient_user_authentication',
  // OpenID Connect Core 1.0 section 3.1.2.6
  'interaction_required',
  'login_required',
  'consent_required',
  'account_selection_required',
  // RFC 9101 section 7
  'invalid_request_uri',
  'invalid_request_object',
  'request_not_supported',
  'request_uri_not_supported',
] as const)

/** Registered OAuth error code. */
export type OAuthErrorCode = (typeof OAUTH_ERROR_CODES)[number]

/** Returns the error code of a response, or `undefined` if it is not registered. */
export function readErrorCode(code: unknown): OAuthErrorCode | undefined {
  return OAUTH_ERROR_CODES.find((one) => one === code)
}
