import {
  type ClientCredentials,
  CredentialsError,
  FetchError,
  type JsonObject,
  MetadataError,
  readContent,
  readJson,
  secondsUntil,
} from '@bearward/core/for-clients'
import { TokenError, type TokenErrorCode } from './errors.ts'
import { TOKEN_TIMES } from './token-life-cycle.ts'
import { ANSWER } from './token-response.ts'

/** What a status says, where nothing else does. */
function codeOfStatus(status: number): TokenErrorCode {
  switch (status) {
    case 401:
      return 'invalid_client'
    case 404:
    case 405:
    case 410:
      return 'endpoint_not_found'
    case 408:
    case 425:
    case 503:
      return 'temporarily_unavailable'
    case 429:
      return 'throttled'
    default:
      if (status >= 500) return 'server_error'
      return status >= 400 ? 'refused' : 'invalid_response'
  }
}

/** The codes of RFC 6749 section 5.2 and RFC 8707 section 2 mean here what they mean there. */
const OF_OAUTH: readonly TokenErrorCode[] = [
  'invalid_client',
  'unauthorized_client',
  'invalid_scope',
  'invalid_target',
  'unsupported_grant_type',
  'invalid_request',
  'server_error',
  'temporarily_unavailable',
]

/**
 * Says what a thrown value means. Nothing of it that could hold a secret is kept. `now` is in milliseconds since the
 * epoch.
 */
export function tokenErrorOf(thrown: unknown, now: number): TokenError {
  if (thrown instanceof TokenError) return thrown
  if (thrown instanceof CredentialsError)
    return new TokenError('credentials_unavailable', { detail: thrown.message })
  if (!(thrown instanceof FetchError)) return new TokenError('unexpected')
  const { failure, status: serverStatus, message: detail } = thrown
  const retryAfter = boundedSeconds(thrown.retryAfter, now)
  return new TokenError(codeOf(thrown), {
    serverStatus,
    retryAfter,
    detail: failure === 'closed' ? undefined : detail,
  })
}

function codeOf({ failure, status }: FetchError): TokenErrorCode {
  switch (failure) {
    case 'unreachable':
    case 'timeout':
    case 'closed':
      return failure
    case 'redirect':
      return 'redirected'
    case 'status':
      return codeOfStatus(status!)
    case 'content_type':
    case 'too_large':
    case 'malformed':
      return 'invalid_response'
  }
}

/** The same for the metadata. A server that answers, and has none where they should be, is the wrong one. */
export function discoveryErrorOf(thrown: unknown, issuer: string, now: number): TokenError {
  if (thrown instanceof MetadataError) {
    const code = thrown.failure === 'issuer_mismatch' ? 'issuer_mismatch' : 'no_token_endpoint'
    return new TokenError(code, { detail: thrown.message })
  }
  const error = tokenErrorOf(thrown, now)
  if (error.code === 'timeout')
    return new TokenError('timeout', { detail: `the metadata of ${issuer}: ${error.detail}` })
  const hasAnswered = thrown instanceof FetchError && thrown.failure !== 'closed'
  const isWrong = error.code === 'invalid_response' || !error.isTransient
  if (!hasAnswered || !isWrong) return error
  const { detail, serverStatus } = error
  return new TokenError('no_token_endpoint', { detail, serverStatus })
}

/** Reads the refusal of a token endpoint (RFC 6749 section 5.2), which is any answer that is about an error. */
export async function refusalOf(
  answer: Response,
  endpoint: string,
  secrets: readonly string[],
  now: number,
): Promise<TokenError> {
  const members = await readContent(answer, endpoint, ANSWER)
    .then((bytes) => readJson(bytes, endpoint))
    // An error page says no less than its status.
    .catch((): JsonObject => ({}))
  return refusalIn(members, answer, endpoint, secrets, now)
}

export function refusalIn(
  { error, error_description: description }: JsonObject,
  { status, headers }: Response,
  endpoint: string,
  secrets: readonly string[],
  now: number,
): TokenError {
  const named = OF_OAUTH.find((code) => code === error)
  const code = status === 429 ? 'throttled' : (named ?? codeOfStatus(status === 200 ? 400 : status))
  // Where the credentials are what is wrong, they are what a server is most likely to repeat.
  const texts = code === 'invalid_client' ? [named] : [error, description]
  const said = texts.flatMap((text) => speakable(text, secrets) ?? [])
  return new TokenError(code, {
    detail: [`${endpoint}: status ${status}`, ...said].join(', '),
    serverStatus: status,
    retryAfter: boundedSeconds(headers.get('retry-after') ?? undefined, now),
  })
}

/** All that is to be said of an error, in one text. */
export function textOf({ message, detail }: TokenError): string {
  return detail === undefined ? message : `${message} (${detail})`
}

function boundedSeconds(retryAfter: string | undefined, now: number): number | undefined {
  const seconds = secondsUntil(retryAfter, now)
  return seconds === undefined ? undefined : Math.min(seconds, TOKEN_TIMES.retryAfter)
}

/** All that a request says of who we are, in the forms in which a server has seen it. */
export function secretsIn(
  { headers, form }: ClientCredentials,
  parameters: readonly string[],
): readonly string[] {
  const basic = headers['Authorization']?.slice('Basic '.length)
  const encoded = basic === undefined ? '' : atob(basic).split(':')[1]!
  const { client_secret: secret, client_assertion: assertion } = form
  const all = [basic, encoded, formDecoded(encoded), secret, assertion, ...parameters]
  return all.flatMap((text) => (text ? [text, base64Of(text)] : []))
}

/**
 * What the server says, if it can be told on: short, printable, and without anything of what was sent to say who
 * we are. There are servers that repeat what they do not understand, as they have it or in another spelling.
 */
function speakable(text: unknown, secrets: readonly string[]): string | undefined {
  if (typeof text !== 'string' || !/^[\x20-\x7e\s]{1,500}$/.test(text)) return undefined
  const said = plain(text)
  if (secrets.some((secret) => said.includes(plain(secret)))) return undefined
  return text.replace(/\s+/g, ' ')
}

/** The same for all spellings of a text: escapes, quotes, case, both alphabets of base64, and what stands for a space. */
function plain(text: string): string {
  return decoded(text)
    .replace(/[\s\\"'+=/_-]/g, '')
    .toLowerCase()
}

function decoded(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, formDecoded)
}

function formDecoded(text: string): string {
  return new URLSearchParams(`a=${text}`).get('a') ?? text
}

function base64Of(text: string): string {
  return btoa(
    Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join(''),
  )
}
