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
import { ADA, CRON, REPORTS_API, WEB_APP } from './identities.ts'

/** A token and a description of its origin. */
export interface DescribedToken {
  readonly value: string
  readonly description: string
}

/** Requests a machine's token (client credentials grant). */
export async function getMachineToken(
  issuer: string,
  scope: string,
  client: ConfidentialClient = CRON,
  resource: string = REPORTS_API,
): Promise<DescribedToken> {
  const response = await requestClientCredentialsToken(issuer, client, { scope, resource })
  return {
    value: response.access_token,
    description: `client credentials grant, client ${client.id}, scope ${scope}, audience ${resource}`,
  }
}

/** Requests a user's token (authorization code grant with PKCE). */
export async function getUserToken(
  issuer: string,
  scope: string,
  user: User = ADA,
  app: PublicClient = WEB_APP,
): Promise<DescribedToken> {
  const { access_token: value } = await signInTo(app, user, issuer, scope)
  return {
    value,
    description: `authorization code grant, user ${user.id}, client ${app.id}, scope ${scope}, audience ${REPORTS_API}`,
  }
}

/** Requests a machine's token and revokes it (RFC 7009). */
export async function getRevokedToken(
  issuer: string,
  scope: string,
  resource: string,
): Promise<DescribedToken> {
  const { value, description } = await getMachineToken(issuer, scope, CRON, resource)
  await revokeToken(issuer, CRON, value)
  return { value, description: `${description}, revoked` }
}

/** Requests an ID token. The audience of an ID token is the app, so an API must reject ID tokens. */
export async function getIdToken(issuer: string, scope: string): Promise<DescribedToken> {
  const { id_token: value } = await signInTo(WEB_APP, ADA, issuer, scope)
  if (value === undefined) throw new Error('The token response contains no ID token')
  return { value, description: `ID token, user ${ADA.id}, client ${WEB_APP.id}` }
}

function signInTo(
  app: PublicClient,
  user: User,
  issuer: string,
  scope: string,
): Promise<TokenResponse> {
  const request = { scope: `openid ${scope}`, resource: REPORTS_API, nonce: 'example-nonce' }
  return signIn(issuer, app, user, request)
}
