import * as oauth from 'oauth4webapi'
import { APP } from './notes-authorization-server.ts'

/** Options for requests to loopback addresses. */
export const withoutTls = { [oauth.allowInsecureRequests]: true }

const client: oauth.Client = { client_id: APP.id }

/** Fetches the metadata of an authorization server (RFC 8414). */
export async function discoverServer(issuer: string): Promise<oauth.AuthorizationServer> {
  const url = new URL(issuer)
  const response = await oauth.discoveryRequest(url, { ...withoutTls, algorithm: 'oauth2' })
  return oauth.processDiscoveryResponse(url, response)
}

/** Parameters of an authorization request, such as `scope` and `acr_values`. */
export type AuthorizationParameters = Readonly<Record<string, string>>

/**
 * Gets a token of a user with oauth4webapi: an authorization request with PKCE in the browser, and a token request.
 */
export async function signIn(
  issuer: string,
  browse: (start: URL, destination: string) => Promise<URL>,
  parameters: AuthorizationParameters & { readonly resource: string },
): Promise<string> {
  const server = await discoverServer(issuer)
  const verifier = oauth.generateRandomCodeVerifier()
  const state = oauth.generateRandomState()
  const start = new URL(server.authorization_endpoint!)
  start.search = new URLSearchParams({
    client_id: client.client_id,
    redirect_uri: APP.redirectUri,
    response_type: 'code',
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    ...parameters,
  }).toString()
  const redirect = await browse(start, APP.redirectUri)
  const response = await oauth.authorizationCodeGrantRequest(
    server,
    client,
    oauth.None(),
    oauth.validateAuthResponse(server, client, redirect, state),
    APP.redirectUri,
    verifier,
    { ...withoutTls, additionalParameters: { resource: parameters.resource } },
  )
  const result = await oauth.processAuthorizationCodeResponse(server, client, response)
  return result.access_token
}

/**
 * Requests an API with a token. Returns the challenges of the response, as oauth4webapi reads them. Returns an empty array if the
 * response has no challenge.
 */
export async function getChallenges(
  url: URL,
  token: string,
): Promise<readonly oauth.WWWAuthenticateChallenge[]> {
  try {
    await oauth.protectedResourceRequest(token, 'GET', url, undefined, undefined, withoutTls)
    return []
  } catch (error) {
    if (error instanceof oauth.WWWAuthenticateChallengeError) return error.cause
    throw error
  }
}
