import {
  type BoundedResponse,
  type ClientCredentials,
  type Clock,
  type ErrorResponse,
  type Fetch,
  readResponseBody,
  readContent,
  isErrorResponse,
  readErrorResponse,
  readJson,
  send,
  toErrorResponse,
} from '@bearward/core/internal'
import type { SourceProofs } from './dpop.ts'
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
  /** Proofs and nonces, if the source uses DPoP. */
  readonly dpop: SourceProofs | undefined
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
 * Requests a token (RFC 6749 section 4.4.2). Every 2xx response with a usable token is a success. If the server requires a
 * nonce for the proof, sends the request once more (RFC 9449 section 8). Rejects with a `TokenError`, or with a `FetchError`
 * or `CredentialsError` of the core.
 */
export async function requestToken(
  call: TokenEndpointCall,
  signal: AbortSignal,
): Promise<AccessTokenResponse> {
  const { endpoint, clock, dpop } = call
  const nonceBefore = dpop?.tokenNonces.get(endpoint)
  let { response, error } = await sendTokenRequest(call, signal)
  // RFC 9449 section 8: the server requires another nonce, and has sent it. One retry is sufficient.
  const isNonceRetry = error?.code === 'use_dpop_nonce' && hasNewNonce(call, nonceBefore)
  if (isNonceRetry) ({ response, error } = await sendTokenRequest(call, signal))
  if (error !== undefined) throw toResponseError(error, response, endpoint, clock.now())
  const { status } = response
  // `readResponseBody` throws for each of these statuses, such as the status of a redirect.
  if (status < 200 || status >= 300) await readResponseBody(response, endpoint, TOKEN_RESPONSE)
  const members = await readMembers(response, call)
  // Some servers send error responses with status 200.
  if (members['access_token'] === undefined && typeof members['error'] === 'string') {
    throw toResponseError(toErrorResponse(members, response), response, endpoint, clock.now())
  }
  return readAccessTokenResponse(members, { ...call, isBound: dpop !== undefined }, status)
}

/** Returns whether the server has sent a nonce that the request did not contain. */
function hasNewNonce({ endpoint, dpop }: TokenEndpointCall, before: string | undefined): boolean {
  const nonce = dpop?.tokenNonces.get(endpoint)
  return nonce !== undefined && nonce !== before
}

/** Sends one token request, with a proof if the source uses DPoP. Remembers the nonce of the response. */
async function sendTokenRequest(
  { endpoint, authenticate, target, parameters, fetch, onStatus, dpop }: TokenEndpointCall,
  signal: AbortSignal,
): Promise<{ readonly response: BoundedResponse; readonly error: ErrorResponse | undefined }> {
  const response = await send({ fetch, url: endpoint, signal }, async () => {
    const credentials = await authenticate()
    const nonce = dpop?.tokenNonces.get(endpoint)
    const proof = await dpop?.createProof({ method: 'POST', url: endpoint, nonce })
    return {
      method: 'POST',
      headers: {
        ...credentials.headers,
        ...(proof !== undefined && { DPoP: proof }),
        Accept: 'application/json',
        'Content-Type': 'application/x-www-form-urlencoded',
      },
      body: createForm(target, parameters, credentials).toString(),
      secrets: [
        ...credentials.secrets,
        ...Object.values(parameters),
        ...[proof, nonce].filter((one) => one !== undefined),
      ],
    }
  })
  const { status, headers } = response
  onStatus(status)
  const newNonce = headers.get('dpop-nonce')
  dpop?.tokenNonces.note(endpoint, newNonce)
  if (status < 400) return { response, error: undefined }
  const error = isErrorResponse(status)
    ? await readErrorResponse(response, endpoint, isDescribed)
    : { code: undefined, text: `status ${status}` }
  if (error.code === 'invalid_dpop_proof' && newNonce === null) dpop?.tokenNonces.forget(endpoint)
  return { response, error }
}

/** Returns whether the description of an error may be logged. The description of `use_dpop_nonce` can contain the new nonce. */
function isDescribed(code: ErrorResponse['code']): boolean {
  return code !== 'use_dpop_nonce'
}

/**
 * Reads the body of a 2xx response. If the body is unusable, the error contains the status, which shows that the server may have
 * issued a token.
 */
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
