import { signIn } from '@bearward/example-authorization-server'
import type { CookieJar } from '@bearward/example-authorization-server'
import {
  ADA,
  CRON,
  getMachineToken,
  READ_AND_ADMIN,
  REPORTS_API,
  WEB_APP,
} from '@bearward/example-shared'
import type { DescribedToken, RunningApi } from '@bearward/example-shared'

/**
 * Requests a token like a client that knows only the address of the API. The challenge names the metadata of the API, the
 * metadata names the authorization server, and the token endpoint of this server issues the token.
 */
export async function getDiscoveredToken(api: RunningApi): Promise<DescribedToken> {
  const response = await fetch(`${api.url}/reports`)
  const address = new URL(readParameter(response, 'resource_metadata'))
  // In production, a proxy passes requests for this address on to the API. Here, the path is requested directly from the API.
  const metadata = await fetch(api.url + address.pathname)
  const { resource, authorization_servers: servers } = (await metadata.json()) as {
    readonly resource: string
    readonly authorization_servers: readonly [string]
  }
  const [issuer] = servers
  const token = await getMachineToken(issuer, readParameter(response, 'scope'), CRON, resource)
  return {
    ...token,
    description: `${token.description}, from ${issuer}, which the metadata of the API names`,
  }
}

/** Signs Ada in to the web app in this browser. */
export async function signInHere(
  issuer: string,
  browser: CookieJar,
  maxAge?: number,
): Promise<DescribedToken> {
  const request = { scope: `openid ${READ_AND_ADMIN}`, resource: REPORTS_API, browser }
  const { access_token: value } = await signIn(issuer, WEB_APP, ADA, {
    ...request,
    ...(maxAge !== undefined && { maxAge }),
  })
  const wanted = maxAge === undefined ? '' : `, max_age ${maxAge}`
  const description = `authorization code grant, user ${ADA.id}, scope ${READ_AND_ADMIN}${wanted}`
  return { value, description }
}

/** Calls a route with a token that the route refuses. Returns the `max_age` of the challenge. */
export async function readMaxAge(api: RunningApi, token: DescribedToken): Promise<number> {
  const headers = { authorization: `Bearer ${token.value}` }
  const response = await fetch(`${api.url}/publish`, { method: 'POST', headers })
  return Number(readParameter(response, 'max_age'))
}

function readParameter({ headers }: Response, name: string): string {
  const challenge = headers.get('www-authenticate') ?? ''
  const value = new RegExp(`\\b${name}="([^"]*)"`).exec(challenge)?.[1]
  if (value === undefined) throw new Error(`The challenge has no ${name}: ${challenge}`)
  return value
}
