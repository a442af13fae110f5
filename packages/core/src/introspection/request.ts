import {
  type AnswerBounds,
  type Fetch,
  JSON_MEDIA_TYPE,
  readAnswer,
  readJson,
  send,
} from '../authorization-server/bounded-fetch.ts'
import { authenticateClient } from '../authorization-server/client-authentication.ts'
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
  const identity = { clientId, issuer: issuer.settings.issuer, now: clock.now() / 1000 }
  const credentials = await authenticateClient(clientAuthentication, identity)
  const form = new URLSearchParams({
    token,
    ...(tokenTypeHint && { token_type_hint: tokenTypeHint }),
    ...credentials.form,
  })
  const answer = await send(fetch, endpoint, {
    method: 'POST',
    headers: {
      Accept: isSigned ? SIGNED_ANSWER : 'application/json',
      'Content-Type': 'application/x-www-form-urlencoded',
      ...credentials.headers,
    },
    body: form.toString(),
    redirect: 'manual',
    signal,
  })
  const bytes = await readAnswer(answer, endpoint, isSigned ? JWT_ANSWER : JSON_ANSWER)
  const members = isSigned
    ? await readSignedAnswer(new TextDecoder().decode(bytes), issuer, settings, clock.now() / 1000)
    : readJson(bytes, endpoint)
  return { members, bytes: bytes.length }
}
