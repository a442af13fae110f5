import {
  type BoundedResponse,
  type ClientCredentials,
  type Clock,
  type Fetch,
  readResponseBody,
  readContent,
  isErrorResponse,
  readErrorResponse,
  readJson,
  send,
  toErrorResponse,
} from '@bearward/core/internal'
import { toResponseError, toTokenError } from './failure.ts'
import {
  type AccessTokenResponse,
  readAccessTokenResponse,
  TOKEN_RESPONSE,
} from './token-response.ts'
import type { TokenTarget } from './token-target.ts'

/** Options for `requestToken`. */
export interface TokenEndpointCall {
  readonly endpoint: string
  /** Creates the credentials of a request. Called again if the request is sent again. */
  readonly authenticate: () => Promise<ClientCredentials>
  readonly target: TokenTarget
  /** Additional form parameters. */
  readonly parameters: Readonly<Record<string, string>>
  /** Accepted values of `token_type` in addition to Bearer, in lower case. */
  readonly acceptTokenType: readonly string[]
  readonly fetch: Fetch
  readonly clock: Clock
  /** Called with the status of the response, before its body is read. */
  readonly onStatus: (status: number) => void
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

/**
 * Requests a token (RFC 6749 section 4.4.2). Every 2xx response with a usable token is a success. Rejects with a
 * `TokenError`, or with a `FetchError` or `CredentialsError` of the core.
 */
export async function requestToken(
  call: TokenEndpointCall,
  signal: AbortSignal,
): Promise<AccessTokenResponse> {
  const { endpoint, authenticate, target, parameters, fetch, clock, onStatus } = call
  const response = await send({ fetch, url: endpoint, signal }, async () => {
    const credentials = await authenticate()
    return {
      method: 'POST',
      headers: {
        ...credentials.headers,
        Accept: 'application/json',
        'Content-Type': 'application/x-www-form-urlencoded',
      },
      body: createForm(target, parameters, credentials).toString(),
      secrets: [...credentials.secrets, ...Object.values(parameters)],
    }
  })
  const { status } = response
  onStatus(status)
  if (status >= 400) {
    const error = isErrorResponse(status)
      ? await readErrorResponse(response, endpoint)
      : { code: undefined, text: `status ${status}` }
    throw toResponseError(error, response, endpoint, clock.now())
  }
  // `readResponseBody` throws for each of these statuses, such as that of a redirect.
  if (status < 200 || status >= 300) await readResponseBody(response, endpoint, TOKEN_RESPONSE)
  const members = await readMembers(response, call)
  // Some servers send error responses with status 200.
  if (members['access_token'] === undefined && typeof members['error'] === 'string') {
    throw toResponseError(toErrorResponse(members, response), response, endpoint, clock.now())
  }
  return readAccessTokenResponse(members, call, status)
}

/** Reads the body of a 2xx response. Adds the status to an error, because the server may have issued a token. */
async function readMembers(
  response: BoundedResponse,
  { endpoint, clock }: TokenEndpointCall,
): Promise<ReturnType<typeof readJson>> {
  try {
    return readJson(await readContent(response, endpoint, TOKEN_RESPONSE), endpoint)
  } catch (thrown) {
    throw toTokenError(thrown, clock.now(), response.status)
  }
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
