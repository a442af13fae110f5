import type { ConfidentialClient } from './options.ts'
import { requestToken } from './token-request.ts'
import type { TokenResponse } from './token-request.ts'

/** Parameters of a token request. */
export interface AccessRequest {
  /** Scopes, separated by spaces. */
  readonly scope?: string
  /** Identifier of the API. If it is not set, the token is opaque and has no audience. */
  readonly resource?: string
}

/** Requests a machine's token (RFC 6749, section 4.4). Its `sub` is the client id. */
export async function requestClientCredentialsToken(
  issuer: string,
  client: Pick<ConfidentialClient, 'id' | 'secret'>,
  request: AccessRequest,
): Promise<TokenResponse> {
  const { scope, resource } = request
  return requestToken(issuer, client, { grant_type: 'client_credentials', scope, resource })
}
