import type { ConfidentialClient } from './options.ts'
import { requestToken } from './token-request.ts'
import type { TokenResponse } from './token-request.ts'

/** What a client asks for. */
export interface AccessRequest {
  /** Scopes, separated by spaces. */
  readonly scope?: string
  /** The identifier of the API. Without it the token is opaque and for no API at all. */
  readonly resource?: string
}

/** A machine gets a token for itself (RFC 6749, section 4.4). Its `sub` is the client's id. */
export async function requestClientCredentialsToken(
  issuer: string,
  client: Pick<ConfidentialClient, 'id' | 'secret'>,
  request: AccessRequest,
): Promise<TokenResponse> {
  const { scope, resource } = request
  return requestToken(issuer, client, { grant_type: 'client_credentials', scope, resource })
}
