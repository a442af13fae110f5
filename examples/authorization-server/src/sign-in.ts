import { createHash, randomBytes } from 'node:crypto'
import { browse } from './browser.ts'
import type { AccessRequest } from './client-credentials.ts'
import { discover } from './metadata.ts'
import { REDIRECT_URI } from './options.ts'
import type { PublicClient, User } from './options.ts'
import { requestToken } from './token-request.ts'
import type { TokenResponse } from './token-request.ts'

/** Parameters of a sign-in. */
export interface SignInRequest extends AccessRequest {
  /** Copied into the ID token, if the scope contains `openid`. */
  readonly nonce?: string
  /** Requests a refresh token as well. */
  readonly offline?: boolean
}

/**
 * Signs a user in, gives consent and requests the tokens: the authorization code grant (RFC 6749,
 * section 4.1) with PKCE (RFC 7636), over HTTP.
 */
export async function signIn(
  issuer: string,
  client: Pick<PublicClient, 'id'>,
  user: Pick<User, 'id'>,
  request: SignInRequest,
): Promise<TokenResponse> {
  const { nonce, resource, offline = false } = request
  const verifier = randomBytes(32).toString('base64url')
  const state = randomBytes(16).toString('base64url')
  const scope = [request.scope ?? [], offline ? 'offline_access' : []].flat().join(' ')

  const start = new URL((await discover(issuer)).authorization_endpoint)
  start.search = new URLSearchParams({
    client_id: client.id,
    response_type: 'code',
    redirect_uri: REDIRECT_URI,
    scope,
    state,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...(nonce !== undefined && { nonce }),
    ...(resource !== undefined && { resource }),
    // Offline access requires `prompt=consent` (OpenID Connect Core, section 11).
    ...(offline && { prompt: 'consent' }),
  }).toString()

  const answer = await browse(start, REDIRECT_URI, { login: user.id, password: 'any' })
  const code = readCode(answer.searchParams, issuer, state)
  return requestToken(issuer, client, {
    grant_type: 'authorization_code',
    code,
    redirect_uri: REDIRECT_URI,
    code_verifier: verifier,
    resource,
  })
}

function readCode(answer: URLSearchParams, issuer: string, state: string): string {
  const error = answer.get('error')
  if (error !== null) throw new Error(`${error}: ${answer.get('error_description')}`)
  if (answer.get('state') !== state || answer.get('iss') !== issuer) {
    throw new Error('The authorization response belongs to another request or another server')
  }
  const code = answer.get('code')
  if (code === null) throw new Error('The authorization response has no code')
  return code
}
