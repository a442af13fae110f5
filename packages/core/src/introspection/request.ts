import { allowInsecureRequests, clockSkew, customFetch, introspectionRequest } from 'oauth4webapi'
import {
  type AnswerBounds,
  type Fetch,
  JSON_MEDIA_TYPE,
  readAnswer,
  readJson,
  send,
} from '../authorization-server/bounded-fetch.ts'
import { authenticationOf } from '../authorization-server/client-authentication.ts'
import type { Clock } from '../clock.ts'
import type { JsonObject } from '../encoding/json.ts'
import type { Signer } from '../jwt/verify-jwt.ts'
import type { IntrospectionSettings } from '../issuers/issuer-settings.ts'
import { LIMITS } from '../limits.ts'
import { readSignedAnswer, SIGNED_ANSWER } from './signed-response.ts'

/** The answer of the server, and how many bytes it took. */
export interface RawAnswer {
  readonly members: JsonObject
  readonly bytes: number
}

export interface IntrospectionRequest {
  readonly issuer: Signer
  readonly settings: IntrospectionSettings
  readonly endpoint: string
  readonly fetch: Fetch
  readonly clock: Clock
}

const JSON_ANSWER: AnswerBounds = { mediaType: JSON_MEDIA_TYPE, bytes: LIMITS.introspectionBytes }
const JWT_ANSWER: AnswerBounds = {
  mediaType: new RegExp(`^${SIGNED_ANSWER.replace('+', '\\+')}[ \\t]*(?:;|$)`, 'i'),
  bytes: LIMITS.introspectionBytes,
}

/**
 * Asks the endpoint about a token (RFC 7662 section 2.1), with credentials, within the bounds of every outgoing
 * call. A signed answer is asked for and verified where the settings say so, and no other is taken then.
 */
export async function requestIntrospection(
  token: string,
  { issuer, settings, endpoint, fetch, clock }: IntrospectionRequest,
  signal: AbortSignal,
): Promise<RawAnswer> {
  const { clientId, clientAuthentication, response, tokenTypeHint } = settings
  const isSigned = response === 'jwt'
  const answer = await introspectionRequest(
    { issuer: issuer.settings.issuer, introspection_endpoint: endpoint },
    // Assertions are dated by our clock.
    { client_id: clientId, [clockSkew]: Math.round((clock.now() - Date.now()) / 1000) },
    await authenticationOf(clientAuthentication),
    token,
    {
      // Which addresses may be asked was decided where the endpoint came from.
      [allowInsecureRequests]: true,
      [customFetch]: (url, { method, headers, body }) =>
        send(fetch, url, { method, headers, body: body.toString(), redirect: 'manual', signal }),
      requestJwtResponse: isSigned,
      ...(tokenTypeHint && { additionalParameters: { token_type_hint: tokenTypeHint } }),
    },
  )
  const bytes = await readAnswer(answer, endpoint, isSigned ? JWT_ANSWER : JSON_ANSWER)
  const members = isSigned
    ? await readSignedAnswer(new TextDecoder().decode(bytes), issuer, settings, clock.now() / 1000)
    : readJson(bytes, endpoint)
  return { members, bytes: bytes.length }
}
