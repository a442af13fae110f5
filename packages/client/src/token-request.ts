import {
  type ClientCredentials,
  type Clock,
  type Fetch,
  readAnswer,
  readJson,
  send,
} from '@bearward/core/for-clients'
import { refusalIn, refusalOf, secretsIn } from './failure.ts'
import type { Purpose } from './purpose.ts'
import { type AccessTokenResponse, ANSWER, readAccessTokenResponse } from './token-response.ts'

export interface TokenEndpointCall {
  readonly endpoint: string
  /** Makes the credentials of a request: it is asked anew where the request is sent again. */
  readonly authenticate: () => Promise<ClientCredentials>
  readonly purpose: Purpose
  /** What the server wants besides. */
  readonly parameters: Readonly<Record<string, string>>
  readonly fetch: Fetch
  readonly clock: Clock
}

/** The names that the grant and client authentication use, and that are no parameters of anybody else. */
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

/** Asks for a token (RFC 6749 section 4.4.2), within the bounds of every outgoing call. */
export async function requestToken(
  { endpoint, authenticate, purpose, parameters, fetch, clock }: TokenEndpointCall,
  signal: AbortSignal,
): Promise<AccessTokenResponse> {
  const secrets: string[] = []
  const answer = await send({ fetch, url: endpoint, signal }, async () => {
    const credentials = await authenticate()
    secrets.push(...secretsIn(credentials, Object.values(parameters)))
    return {
      method: 'POST',
      headers: {
        ...credentials.headers,
        Accept: 'application/json',
        'Content-Type': 'application/x-www-form-urlencoded',
      },
      body: formOf(purpose, parameters, credentials).toString(),
    }
  })
  if (answer.status >= 400 && answer.status < 500) {
    throw await refusalOf(answer, endpoint, secrets, clock.now())
  }
  const members = readJson(await readAnswer(answer, endpoint, ANSWER), endpoint)
  // There are servers that refuse with 200.
  if (members['access_token'] === undefined && typeof members['error'] === 'string') {
    throw refusalIn(members, answer, endpoint, secrets, clock.now())
  }
  return readAccessTokenResponse(members, endpoint)
}

function formOf(
  { scopes, resources, audience }: Purpose,
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
