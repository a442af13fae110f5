import { discover } from './metadata.ts'

/** Response of the token endpoint (RFC 6749, section 5.1). */
export interface TokenResponse {
  readonly access_token: string
  readonly token_type: string
  /** Lifetime of the access token in seconds. */
  readonly expires_in: number
  readonly scope?: string
  /** Present if the scope `openid` was granted. */
  readonly id_token?: string
  /** Present if the scope `offline_access` was granted. */
  readonly refresh_token?: string
}

/** Credentials of a client. A public client has no secret. */
export interface ClientCredentials {
  readonly id: string
  readonly secret?: string
}

/**
 * Sends one request to the token endpoint.
 *
 * @throws {Error} If the server rejects the request. The message contains the response of the server, which has no token.
 */
export async function requestToken(
  issuer: string,
  client: ClientCredentials,
  parameters: Readonly<Record<string, string | undefined>>,
): Promise<TokenResponse> {
  const { token_endpoint: endpoint } = await discover(issuer)
  const response = await post(endpoint, client, parameters)
  return (await response.json()) as TokenResponse
}

/**
 * Revokes a token (RFC 7009). An API detects the revocation only if it introspects the token.
 *
 * @throws {Error} If the server rejects the request. The message contains the response of the server.
 */
export async function revokeToken(
  issuer: string,
  client: ClientCredentials,
  token: string,
): Promise<void> {
  const { revocation_endpoint: endpoint } = await discover(issuer)
  await post(endpoint, client, { token })
}

async function post(
  endpoint: string,
  client: ClientCredentials,
  parameters: Readonly<Record<string, string | undefined>>,
): Promise<Response> {
  const body = new URLSearchParams()
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) body.set(name, value)
  }
  const headers = new Headers({ accept: 'application/json' })
  if (client.secret === undefined) body.set('client_id', client.id)
  else headers.set('authorization', toBasicCredentials(client.id, client.secret))
  const response = await fetch(endpoint, { method: 'POST', headers, body })
  if (!response.ok) {
    throw new Error(
      `${new URL(endpoint).pathname} responded with ${response.status}: ${await response.text()}`,
    )
  }
  return response
}

/** Returns Basic credentials. The id and the secret are form-encoded first (RFC 6749, section 2.3.1). */
function toBasicCredentials(id: string, secret: string): string {
  const pair = [id, secret].map(formEncode).join(':')
  return `Basic ${Buffer.from(pair).toString('base64')}`
}

function formEncode(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1)
}
