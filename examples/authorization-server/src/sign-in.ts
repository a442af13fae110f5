import { createHash, randomBytes } from 'node:crypto'
import { browse } from './browser.ts'
import type { AccessRequest } from './client-credentials.ts'
import { discover } from './metadata.ts'
import { REDIRECT_URI } from './options.ts'
import type { PublicClient, User } from './options.ts'
import { requestToken } from './token-request.ts'
import type { TokenResponse } from './token-request.ts'

/** What an app asks for when it sends a user to sign in. */
export interface SignInRequest extends AccessRequest {
  /** Put into the ID token, where the scope has `openid`. */
  readonly nonce?: string
  /** Also ask for a refresh token. */
  readonly offline?: boolean
}

/**
 * A user signs in and consents, and the app gets the tokens: the authorization code grant
 * (RFC 6749, section 4.1) with PKCE (RFC 7636), all of it over HTTP.
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
    // Offline access is granted only where the user is asked for it (OpenID Connect, section 11).
    ...(offline && { prompt: 'consent' }),
  }).toString()

  const answer = await browse(start, REDIRECT_URI, { login: user.id, password: 'any will do' })
  const code = codeIn(answer.searchParams, issuer, state)
  return requestToken(issuer, client, {
    grant_type: 'authorization_code',
    code,
    redirect_uri: REDIRECT_URI,
    code_verifier: verifier,
    resource,
  })
}

function codeIn(answer: URLSearchParams, issuer: string, state: string): string {
  const error = answer.get('error')
  if (error !== null) throw new Error(`${error}: ${answer.get('error_description')}`)
  if (answer.get('state') !== state || answer.get('iss') !== issuer) {
    throw new Error('The authorization response belongs to another request or another server')
  }
  const code = answer.get('code')
  if (code === null) throw new Error('The authorization response has no code')
  return code
}
