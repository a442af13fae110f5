import { createHash, randomBytes } from 'node:crypto'
import { browse } from './browser.ts'
import type { CookieJar } from './cookie-jar.ts'
import type { AccessRequest } from './client-credentials.ts'
import { discover } from './metadata.ts'
import { REDIRECT_URI } from './options.ts'
import type { PublicClient, User } from './options.ts'
import { requestToken } from './token-request.ts'
import type { TokenResponse } from './token-request.ts'

/** Parameters of a sign-in. */
export interface SignInRequest extends AccessRequest {
  /** The `nonce` claim of the ID token. Requires the scope `openid`. */
  readonly nonce?: string
  /** Requests a refresh token as well. */
  readonly offline?: boolean
  /**
   * The browser of the user. If you pass the same browser again, the server remembers earlier sign-ins.
   *
   * @default a new browser
   */
  readonly browser?: CookieJar
  /**
   * Maximum age of the last sign-in in this browser, in seconds (`max_age`). If the last sign-in is older, the user signs in
   * again.
   */
  readonly maxAge?: number
}

/**
 * Signs a user in, consents for the user and requests the tokens over HTTP. Uses the authorization code grant
 * (RFC 6749, section 4.1) with PKCE (RFC 7636).
 */
export async function signIn(
  issuer: string,
  client: Pick<PublicClient, 'id'>,
  user: Pick<User, 'id'>,
  request: SignInRequest,
): Promise<TokenResponse> {
  const { nonce, resource, offline = false, browser, maxAge } = request
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
    ...(maxAge !== undefined && { max_age: String(maxAge) }),
    // Offline access requires `prompt=consent` (OpenID Connect Core, section 11).
    ...(offline && { prompt: 'consent' }),
  }).toString()

  const values = { login: user.id, password: 'any' }
  const redirect = await browse(start, REDIRECT_URI, values, browser)
  const code = readCode(redirect.searchParams, issuer, state)
  return requestToken(issuer, client, {
    grant_type: 'authorization_code',
    code,
    redirect_uri: REDIRECT_URI,
    code_verifier: verifier,
    resource,
  })
}

function readCode(redirect: URLSearchParams, issuer: string, state: string): string {
  const error = redirect.get('error')
  if (error !== null) throw new Error(`${error}: ${redirect.get('error_description')}`)
  if (redirect.get('state') !== state || redirect.get('iss') !== issuer) {
    throw new Error('The authorization response belongs to another request or another server')
  }
  const code = redirect.get('code')
  if (code === null) throw new Error('The authorization response has no code')
  return code
}
