import { toLoggedAddress } from '../../authorization-server/address.ts'
import {
  type BodyLimits,
  type BoundedResponse,
  FetchError,
  JSON_MEDIA_TYPE,
  readResponseBody,
  readJson,
  send,
  type SerializedRequest,
} from '../../authorization-server/bounded-fetch.ts'
import { isErrorResponse, readErrorResponse } from '../../authorization-server/error-response.ts'
import type { SentSecrets } from '../../authorization-server/sent-secrets.ts'
import { authenticateClient } from '../../authorization-server/authenticate-client.ts'
import { parseClaims } from '../../lib/parse-json.ts'
import { type Clock, getMoment } from '../../lib/clock.ts'
import type { Signer } from '../jwt/verify-jwt.ts'
import type { Fetch } from '../../model/fetch.ts'
import type { IntrospectionSettings } from '../../model/settings.ts'
import { LIMITS } from '../../limits.ts'
import { IntrospectionError } from './introspection-failure.ts'
import type { ReceivedResponse } from './introspection-response.ts'
import { readSignedResponse, SIGNED_RESPONSE } from './signed-response.ts'

export interface IntrospectionRequest {
  readonly token: string
  readonly endpoint: string
  readonly issuer: Signer
  readonly settings: IntrospectionSettings
  readonly fetch: Fetch
  readonly clock: Clock
  readonly signal: AbortSignal
}

const SIGNED_MEDIA_TYPE: BodyLimits['mediaType'] = {
  name: SIGNED_RESPONSE,
  pattern: /^application\/token-introspection\+jwt[ \t]*(?:;|$)/i,
}

/**
 * Sends an introspection request with credentials (RFC 7662 section 2.1), within the limits of every outgoing call. If the
 * option `response` is `'jwt'`, requests and verifies a signed response, and rejects every other response.
 *
 * @throws {IntrospectionError | FetchError} if the call fails or the response is not usable.
 */
export async function requestIntrospection(
  request: IntrospectionRequest,
): Promise<ReceivedResponse> {
  const { endpoint: url, issuer, settings, fetch, clock, signal } = request
  const askedAt = getMoment(clock)
  const response = await send({ fetch, url, signal }, () => write(request))
  if (response.status >= 400) throw await readFailure(response, url)
  const isJson = settings.response === 'json'
  const mediaType = isJson ? JSON_MEDIA_TYPE : SIGNED_MEDIA_TYPE
  const bytes = await readResponseBody(response, url, {
    mediaType,
    bytes: LIMITS.introspectionBytes,
  })
  if (isJson) return { members: readJson(bytes, url, (text) => parseClaims(text)), askedAt }
  const text = new TextDecoder().decode(bytes)
  try {
    const members = await readSignedResponse(text, issuer, settings, clock.now() / 1000)
    return { members, askedAt }
  } catch (error) {
    throw withoutSecrets(error, response.secrets)
  }
}

/** Replaces the message of an error about a signed response, if the message may contain a secret of the request. */
function withoutSecrets(error: unknown, secrets: SentSecrets): unknown {
  if (!(error instanceof IntrospectionError) || secrets.readText(error.message) !== undefined)
    return error
  const message = 'the signed response repeats a part of the request, so its values are not shown'
  return new IntrospectionError(error.failure, message, error.retryAfter)
}

async function write(request: IntrospectionRequest): Promise<SerializedRequest> {
  const { token, issuer, settings, clock } = request
  const { clientId, clientAuthentication, response, tokenTypeHint } = settings
  const identity = { clientId, issuer: issuer.settings.issuer, now: clock.now() / 1000 }
  const credentials = await authenticateClient(clientAuthentication, identity)
  const form = new URLSearchParams({
    token,
    ...(tokenTypeHint && { token_type_hint: tokenTypeHint }),
    ...credentials.form,
  })
  return {
    method: 'POST',
    headers: {
      Accept: response === 'jwt' ? SIGNED_RESPONSE : 'application/json',
      'Content-Type': 'application/x-www-form-urlencoded',
      ...credentials.headers,
    },
    body: form.toString(),
    secrets: [token, ...credentials.secrets],
  }
}

/** Error codes that are about this API as a client, whatever the status is (RFC 6749 section 5.2). */
const ABOUT_CLIENT: readonly unknown[] = ['invalid_client', 'unauthorized_client']

/**
 * Reads a response with an error status. A 400 is either about this API as a client or about the token. The description
 * of the error is used only if the error is about the client, because a description of a token can contain its subject.
 */
async function readFailure(
  response: BoundedResponse,
  endpoint: string,
): Promise<IntrospectionError | FetchError> {
  const { status, headers } = response
  const retryAfter = headers.get('retry-after') ?? undefined
  if (!isErrorResponse(status)) {
    const text = `${toLoggedAddress(endpoint)}: status ${status}`
    return new FetchError('status', text, { status, retryAfter })
  }
  const isAboutClient = (one: unknown) => status === 401 || ABOUT_CLIENT.includes(one)
  const { code, text } = await readErrorResponse(response, endpoint, isAboutClient)
  if (status !== 400) {
    return new FetchError('status', `${toLoggedAddress(endpoint)}: ${text}`, { status, retryAfter })
  }
  if (ABOUT_CLIENT.includes(code)) return new IntrospectionError('credentials_refused', text)
  // This code is from RFC 7009 section 2.2.1. Some introspection endpoints return it for tokens of unsupported kinds.
  const isKind = code === 'unsupported_token_type'
  return new IntrospectionError(isKind ? 'token_unsupported' : 'token_refused', text)
}
