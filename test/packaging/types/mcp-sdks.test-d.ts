/** The types of `@bearward/mcp` together with those of both official SDKs. See `core.test-d.ts`. */
import type { AuthInfo } from '@bearward/mcp'
import { createBearward } from '@bearward/express'
import { createMcpGuard } from '@bearward/mcp/express'
import { InvalidTokenError } from '@modelcontextprotocol/sdk/server/auth/errors.js'
import type { OAuthTokenVerifier as VerifierV1 } from '@modelcontextprotocol/sdk/server/auth/provider.js'
import type { AuthInfo as AuthInfoV1 } from '@modelcontextprotocol/sdk/server/auth/types.js'
import {
  type AuthInfo as AuthInfoV2,
  OAuthError,
  OAuthErrorCode,
  type OAuthTokenVerifier as VerifierV2,
} from '@modelcontextprotocol/server'

/** The object of the guard is an `AuthInfo` of both SDKs. */
export function toSdks(info: AuthInfo): readonly [AuthInfoV1, AuthInfoV2] {
  return [info, info]
}

const mcp = createMcpGuard(
  createBearward({
    issuer: 'https://as.example.com',
    resource: 'https://notes.example.com/mcp',
  }),
  { scope: 'notes:read' },
)

export const verifierV1: VerifierV1 = mcp.verifier(({ message }) => new InvalidTokenError(message))
export const verifierV2: VerifierV2 = mcp.verifier(
  ({ code, message }) =>
    new OAuthError(
      code === 'invalid_token' ? OAuthErrorCode.InvalidToken : OAuthErrorCode.InsufficientScope,
      message,
    ),
)

/** The SDKs pass on the object with their own types. */
export function filterLists(
  v1: AuthInfoV1 | undefined,
  v2: AuthInfoV2 | undefined,
): readonly boolean[] {
  return [mcp.may(v1, 'tool', 'purge'), mcp.may(v2, 'tool', 'purge')]
}
