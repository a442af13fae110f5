/** Endpoints from the metadata of the server (RFC 8414, OpenID Connect Discovery). */
export interface ServerMetadata {
  readonly issuer: string
  readonly authorization_endpoint: string
  readonly token_endpoint: string
  readonly jwks_uri: string
  readonly introspection_endpoint: string
  readonly revocation_endpoint: string
}

/** Fetches the metadata of an issuer. The result is not cached. */
export async function discover(issuer: string): Promise<ServerMetadata> {
  const response = await fetch(`${issuer}/.well-known/oauth-authorization-server`)
  if (!response.ok)
    throw new Error(`The metadata request to ${issuer} failed with status ${response.status}`)
  const metadata = (await response.json()) as ServerMetadata
  if (metadata.issuer !== issuer) {
    throw new Error(`The metadata of ${issuer} names another issuer: ${metadata.issuer}`)
  }
  return metadata
}
