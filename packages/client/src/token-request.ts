import {
  type ClientCredentials,
  type Clock,
  type Fetch,
  readAnswer,
  readJson,
  send,
} from '@bearward/core/internal'
import { getSecrets, readErrorResponse, toResponseError } from './failure.ts'
import { type AccessTokenResponse, ANSWER, readAccessTokenResponse } from './token-response.ts'
import type { TokenTarget } from './token-target.ts'

/** Options for `requestToken`. */
export interface TokenEndpointCall {
  readonly endpoint: string
  /** Makes the credentials of a request. Called again if the request is sent again. */
  readonly authenticate: () => Promise<ClientCredentials>
  readonly target: TokenTarget
  /** Additional form parameters. */
  readonly parameters: Readonly<Record<string, string>>
  readonly fetch: Fetch
  readonly clock: Clock
}

/** Form parameters of the grant and of client authentication. The option `parameters` must not contain them. */
export const GRANT_PARAMETERS = [
  'grant_type',
  'scope',
  'resource',
  'audience',
  'client_id',
  'client_secret',
  'client_assertion',
  'client_assertion_type',
]

/** Requests a token (RFC 6749 section 4.4.2). Rejects with a `TokenError`, or with an error of the core's `send`. */
export async function requestToken(
  { endpoint, authenticate, target, parameters, fetch, clock }: TokenEndpointCall,
  signal: AbortSignal,
): Promise<AccessTokenResponse> {
  const secrets: string[] = []
  const response = await send({ fetch, url: endpoint, signal }, async () => {
    const credentials = await authenticate()
    secrets.push(...getSecrets(credentials, Object.values(parameters)))
    return {
      method: 'POST',
      headers: {
        ...credentials.headers,
        Accept: 'application/json',
        'Content-Type': 'application/x-www-form-urlencoded',
      },
      body: createForm(target, parameters, credentials).toString(),
    }
  })
  if (response.status >= 400 && response.status < 500) {
    throw await readErrorResponse(response, endpoint, secrets, clock.now())
  }
  const members = readJson(await readAnswer(response, endpoint, ANSWER), endpoint)
  // Some servers send error responses with status 200.
  if (members['access_token'] === undefined && typeof members['error'] === 'string') {
    throw toResponseError(members, response, endpoint, secrets, clock.now())
  }
  return readAccessTokenResponse(members, endpoint)
}

function createForm(
  { scopes, resources, audience }: TokenTarget,
  parameters: Readonly<Record<string, string>>,
  { form }: ClientCredentials,
): URLSearchParams {
  const body = new URLSearchParams({ ...parameters, grant_type: 'client_credentials' })
  if (scopes.length > 0) body.set('scope', scopes.join(' '))
  for (const resource of resources) body.append('resource', resource)
  if (audience !== undefined) body.set('audience', audience)
  for (const [name, value] of Object.entries(form)) body.set(name, value)
  return body
}
