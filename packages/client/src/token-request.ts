import {
  type AnswerBounds,
  authenticateClient,
  type ClientAuthentication,
  type ClientCredentials,
  type Clock,
  CredentialsError,
  type Fetch,
  FetchError,
  JSON_MEDIA_TYPE,
  type JsonObject,
  LIMITS,
  MetadataError,
  readAnswer,
  readContent,
  readJson,
  secondsUntil,
  send,
} from '@bearward/core/authorization-server'
import { TokenError, type TokenErrorCode } from './errors.ts'
import type { Purpose } from './purpose.ts'

/** What the token endpoint has granted. */
export interface Grant {
  readonly value: string
  /** Seconds, where the server says so in a form that can be understood. */
  readonly expiresIn: number | undefined
  /** Where the server says so. */
  readonly scopes: readonly string[] | undefined
}

export interface TokenEndpointCall {
  readonly endpoint: string
  /** The audience of assertions. */
  readonly issuer: string
  readonly clientId: string
  readonly clientAuthentication: ClientAuthentication
  readonly purpose: Purpose
  readonly fetch: Fetch
  readonly clock: Clock
}

/** What is read of an answer. */
export const ANSWER: AnswerBounds = { mediaType: JSON_MEDIA_TYPE, bytes: 65_536 }

/** Asks for a token (RFC 6749 section 4.4.2), within the bounds of every outgoing call. */
export async function requestToken(call: TokenEndpointCall, signal: AbortSignal): Promise<Grant> {
  const { endpoint, issuer, clientId, purpose, fetch, clock } = call
  const identity = { clientId, issuer, now: clock.now() / 1000 }
  const credentials = await authenticateClient(call.clientAuthentication, identity)
  const answer = await send(fetch, endpoint, {
    method: 'POST',
    headers: {
      ...credentials.headers,
      Accept: 'application/json',
      'Content-Type': 'application/x-www-form-urlencoded',
    },
    body: formOf(purpose, credentials).toString(),
    redirect: 'manual',
    signal,
  })
  if (answer.status >= 400 && answer.status < 500) {
    throw await refusal(answer, endpoint, credentials, clock.now())
  }
  return readGrant(readJson(await readAnswer(answer, endpoint, ANSWER), endpoint))
}

function formOf(
  { scopes, resources, audience }: Purpose,
  { form }: ClientCredentials,
): URLSearchParams {
  const body = new URLSearchParams({ grant_type: 'client_credentials' })
  if (scopes.length > 0) body.set('scope', scopes.join(' '))
  for (const resource of resources) body.append('resource', resource)
  if (audience !== undefined) body.set('audience', audience)
  for (const [name, value] of Object.entries(form)) body.set(name, value)
  return body
}

/** What may stand behind `Bearer`, and so in a header line. */
const HEADER_TEXT = /^[\x21-\x7e]+$/

/** RFC 6749 section 5.1. A refresh token or an ID token is not looked at. */
function readGrant(members: JsonObject): Grant {
  const { access_token: value, token_type: type, expires_in: expiresIn, scope } = members
  const invalid = (detail: string) => new TokenError('invalid_response', { detail, status: 200 })
  if (typeof value !== 'string' || !HEADER_TEXT.test(value)) throw invalid('no access_token')
  if (value.length > LIMITS.tokenLength) throw invalid('a token that no API would take')
  if (typeof type !== 'string') throw invalid('no token_type')
  if (type.toLowerCase() !== 'bearer')
    throw new TokenError('unsupported_token_type', { status: 200 })
  if (scope !== undefined && typeof scope !== 'string') throw invalid('scope is no string')
  const lifetime = secondsOf(expiresIn)
  if (lifetime !== undefined && lifetime <= 0) throw invalid('the token has expired already')
  return {
    value,
    expiresIn: lifetime,
    scopes: scope?.split(' ').filter((one) => one !== ''),
  }
}

/** Some servers write the number as text. Whatever else it is says nothing. */
function secondsOf(value: unknown): number | undefined {
  const seconds =
    typeof value === 'string' && /^-?\d+(?:\.\d+)?$/.test(value) ? Number(value) : value
  return typeof seconds === 'number' && Number.isFinite(seconds) ? seconds : undefined
}

/** The codes of RFC 6749 section 5.2 and RFC 8707 section 2, and those that servers use beside them. */
const OF_OAUTH: Readonly<Record<string, TokenErrorCode>> = {
  invalid_client: 'invalid_client',
  unauthorized_client: 'unauthorized_client',
  invalid_scope: 'invalid_scope',
  invalid_target: 'invalid_target',
  unsupported_grant_type: 'unsupported_grant_type',
  invalid_request: 'invalid_request',
  server_error: 'server_error',
  temporarily_unavailable: 'temporarily_unavailable',
  slow_down: 'throttled',
}

const OF_STATUS: Readonly<Record<number, TokenErrorCode>> = {
  401: 'invalid_client',
  404: 'endpoint_not_found',
  405: 'endpoint_not_found',
  408: 'temporarily_unavailable',
  410: 'endpoint_not_found',
  425: 'temporarily_unavailable',
  429: 'throttled',
  503: 'temporarily_unavailable',
}

async function refusal(
  answer: Response,
  endpoint: string,
  credentials: ClientCredentials,
  now: number,
): Promise<TokenError> {
  const { status, headers } = answer
  const { error, error_description: description } = await readContent(answer, endpoint, ANSWER)
    .then((bytes) => readJson(bytes, endpoint))
    // An error page says no less than its status.
    .catch((): JsonObject => ({}))
  const named =
    typeof error === 'string' && Object.hasOwn(OF_OAUTH, error) ? OF_OAUTH[error] : undefined
  const code = (status === 429 ? 'throttled' : named) ?? OF_STATUS[status] ?? 'refused'
  const said = [error, description].map((text) => speakable(text, credentials))
  const detail = [`status ${status}`, ...said.filter((text) => text !== undefined)].join(', ')
  const retryAfter = secondsUntil(headers.get('retry-after') ?? undefined, now)
  return new TokenError(code, { detail, status, retryAfter })
}

/**
 * What the server says, if it can be told on: short, printable, and without anything of what was sent to say who
 * we are. There are servers that repeat what they do not understand.
 */
function speakable(text: unknown, { headers, form }: ClientCredentials): string | undefined {
  if (typeof text !== 'string' || !/^[\x20-\x7e\s]{1,500}$/.test(text)) return undefined
  const basic = headers['Authorization']?.slice('Basic '.length)
  const encoded = basic === undefined ? [] : [basic, atob(basic).split(':')[1] ?? '']
  const secrets = [...encoded, form['client_secret'], form['client_assertion']]
    .filter((secret) => secret !== undefined && secret !== '')
    .flatMap((secret) => [secret!, formDecoded(secret!), formEncoded(secret!)])
  if (secrets.some((secret) => text.includes(secret))) return undefined
  return text.replace(/\s+/g, ' ')
}

function formEncoded(text: string): string {
  return new URLSearchParams({ a: text }).toString().slice(2)
}

function formDecoded(text: string): string {
  return new URLSearchParams(`a=${text}`).get('a') ?? text
}

/** Says what a thrown value means. Nothing of it that could hold a secret is kept. */
export function tokenErrorOf(thrown: unknown, now: number): TokenError {
  if (thrown instanceof TokenError) return thrown
  if (thrown instanceof CredentialsError) return new TokenError('credentials_unavailable')
  if (thrown instanceof MetadataError) {
    const code = thrown.failure === 'issuer_mismatch' ? 'issuer_mismatch' : 'no_token_endpoint'
    return new TokenError(code, { detail: thrown.message })
  }
  if (!(thrown instanceof FetchError)) return new TokenError('unreachable')
  const { status, retryAfter } = thrown
  const circumstances = { status, retryAfter: secondsUntil(retryAfter, now) }
  switch (thrown.failure) {
    case 'unreachable':
      return new TokenError('unreachable', { detail: thrown.message })
    case 'timeout':
      return new TokenError('timeout', { detail: thrown.message })
    case 'closed':
      return new TokenError('closed')
    case 'redirect':
      return new TokenError('redirected', { ...circumstances, detail: thrown.message })
    case 'status':
      return new TokenError(codeOfStatus(status!), { ...circumstances, detail: thrown.message })
    case 'content_type':
    case 'too_large':
    case 'malformed':
      return new TokenError('invalid_response', { ...circumstances, detail: thrown.message })
  }
}

function codeOfStatus(status: number): TokenErrorCode {
  const code = OF_STATUS[status]
  if (code !== undefined) return code
  if (status >= 500) return 'server_error'
  return status >= 400 ? 'refused' : 'invalid_response'
}
