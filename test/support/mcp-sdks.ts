/** The functions and errors of both SDKs that verify tokens. Packages import them from here, so they use the same versions. */
export {
  type OAuthError as OAuthErrorV1,
  InsufficientScopeError,
  InvalidTokenError,
} from '@modelcontextprotocol/sdk/server/auth/errors.js'
export { requireBearerAuth as requireBearerAuthV1 } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js'
export type { AuthInfo as AuthInfoV1 } from '@modelcontextprotocol/sdk/server/auth/types.js'
export {
  type AuthInfo as AuthInfoV2,
  OAuthError,
  OAuthErrorCode,
  requireBearerAuth as requireBearerAuthV2,
  verifyBearerToken,
} from '@modelcontextprotocol/server'
