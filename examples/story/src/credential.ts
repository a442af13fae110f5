import {
  requestClientCredentialsToken,
  revokeToken,
  signIn,
} from '@bearward/example-authorization-server'
import type {
  ConfidentialClient,
  PublicClient,
  TokenResponse,
  User,
} from '@bearward/example-authorization-server'
import { ADA, CRON, REPORTS_API, WEB_APP } from './cast.ts'

/** What a caller puts behind `Bearer`, and in plain words where it is from. */
export interface Credential {
  readonly token: string
  readonly origin: string
}

/** A machine's own token, by the client credentials grant. */
export async function machineCredential(
  issuer: string,
  scope: string,
  client: ConfidentialClient = CRON,
  resource: string = REPORTS_API,
): Promise<Credential> {
  const response = await requestClientCredentialsToken(issuer, client, { scope, resource })
  return {
    token: response.access_token,
    origin: `client credentials of ${client.id}, scope ${scope}, for ${resource}`,
  }
}

/** A user's token, by the authorization code grant with PKCE. */
export async function userCredential(
  issuer: string,
  scope: string,
  user: User = ADA,
  app: PublicClient = WEB_APP,
): Promise<Credential> {
  const { access_token: token } = await signInTo(app, user, issuer, scope)
  return {
    token,
    origin: `${user.id} signed in to ${app.id} (code, PKCE), scope ${scope}, for ${REPORTS_API}`,
  }
}

/** A machine's token that it has given back to the authorization server (RFC 7009). */
export async function revokedCredential(
  issuer: string,
  scope: string,
  resource: string,
): Promise<Credential> {
  const { token, origin } = await machineCredential(issuer, scope, CRON, resource)
  await revokeToken(issuer, CRON, token)
  return { token, origin: `${origin}, revoked` }
}

/** The ID token of the same sign-in. It tells the app who signed in, and opens no API. */
export async function idTokenCredential(issuer: string, scope: string): Promise<Credential> {
  const { id_token: token } = await signInTo(WEB_APP, ADA, issuer, scope)
  if (token === undefined) throw new Error('The sign-in gave no ID token')
  return { token, origin: `the ID token of ${ADA.id}, from the sign-in to ${WEB_APP.id}` }
}

function signInTo(
  app: PublicClient,
  user: User,
  issuer: string,
  scope: string,
): Promise<TokenResponse> {
  const request = { scope: `openid ${scope}`, resource: REPORTS_API, nonce: 'seen-once' }
  return signIn(issuer, app, user, request)
}
