import type { RequestHandler } from 'express'

/**
 * The types, errors and functions of both SDKs for the verification of tokens. Packages import them from here, so they use the
 * same versions.
 */
export {
  type OAuthError as OAuthErrorV1,
  InsufficientScopeError,
  InvalidTokenError,
} from '@modelcontextprotocol/sdk/server/auth/errors.js'
export type { AuthInfo as AuthInfoV1 } from '@modelcontextprotocol/sdk/server/auth/types.js'
export {
  type AuthInfo as AuthInfoV2,
  OAuthError,
  OAuthErrorCode,
  requireBearerAuth as requireBearerAuthV2,
  verifyBearerToken,
} from '@modelcontextprotocol/server'

/** Options of `requireBearerAuth` of version 1. */
interface BearerAuthOptions {
  readonly verifier: { verifyAccessToken(token: string): Promise<object> }
  readonly requiredScopes?: readonly string[]
  readonly resourceMetadataUrl?: string
}

// With the type `string`, TypeScript does not load the types of `bearerAuth.js`. They declare `auth` for every request of Express,
// and `@bearward/express/req-auth` declares `auth` with another type.
const BEARER_AUTH: string = '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js'

/** The middleware of version 1. */
export const { requireBearerAuth: requireBearerAuthV1 } = (await import(BEARER_AUTH)) as {
  readonly requireBearerAuth: (options: BearerAuthOptions) => RequestHandler
}
