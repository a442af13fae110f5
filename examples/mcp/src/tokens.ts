import { requestClientCredentialsToken, signIn } from '@bearward/example-authorization-server'
import type { User } from '@bearward/example-authorization-server'
import { APP, CRON } from './clients.ts'

/** Requests a user's token for an MCP server (authorization code grant with PKCE). */
export async function getUserToken(
  issuer: string,
  user: User,
  resource: string,
  scope: string,
): Promise<string> {
  const { access_token: token } = await signIn(issuer, APP, user, {
    scope: `openid ${scope}`,
    resource,
  })
  return token
}

/** Requests a machine's token for an MCP server (client credentials grant). */
export async function getMachineToken(
  issuer: string,
  resource: string,
  scope: string,
): Promise<string> {
  const request = { scope, resource }
  const { access_token: token } = await requestClientCredentialsToken(issuer, CRON, request)
  return token
}
