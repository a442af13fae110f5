import type {
  ClientAssertion,
  ClientAuthentication,
  PrivateKeyJwt,
  Secret,
} from '../model/client-authentication.ts'
import type { Algorithm } from '../signature/algorithms.ts'
import { type PrivateKey, whyUnfit } from '../signature/private-key.ts'
import { signJws } from '../signature/sign-jws.ts'

/** Claims of a client assertion that differ from request to request (RFC 7523 section 3). */
export interface AssertionContext {
  readonly clientId: string
  readonly issuer: string
  /** Seconds since the epoch. */
  readonly now: number
}

/** Header lines and form members that authenticate the client. */
export interface ClientCredentials {
  readonly headers: Readonly<Record<string, string>>
  readonly form: Readonly<Record<string, string>>
  /** The secrets in them, as they are and as they are sent. No text may contain any of them. */
  readonly secrets: readonly string[]
}

/**
 * The secret, the key or the assertion cannot be had or used. The message is one of a few fixed texts: what came instead
 * is never told, for it may be secret.
 */
export class CredentialsError extends Error {
  override readonly name = 'CredentialsError'
}

/** Seconds that an assertion can be used. */
const ASSERTION_AGE = 60

/** Makes the credentials of one request. Functions are asked anew each time. Rejects with a `CredentialsError`. */
export async function authenticateClient(
  authentication: ClientAuthentication,
  identity: AssertionContext,
): Promise<ClientCredentials> {
  const { clientId: client_id } = identity
  switch (authentication.method) {
    case 'client_secret_basic': {
      const secret = await readText(authentication.secret, 'secret')
      const pair = btoa([client_id, secret].map(formEncode).join(':'))
      const headers = { Authorization: `Basic ${pair}` }
      return { headers, form: {}, secrets: [secret, formEncode(secret), pair] }
    }
    case 'client_secret_post': {
      const client_secret = await readText(authentication.secret, 'secret')
      return { headers: {}, form: { client_id, client_secret }, secrets: [client_secret] }
    }
    case 'private_key_jwt': {
      const client_assertion = isAssertion(authentication)
        ? await readText(authentication.assertion, 'assertion')
        : await sign(authentication, identity)
      const client_assertion_type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
      const form = { client_id, client_assertion_type, client_assertion }
      return { headers: {}, form, secrets: [client_assertion] }
    }
    case 'tls_client_auth':
      return { headers: {}, form: { client_id }, secrets: [] }
  }
}

function isAssertion(
  authentication: PrivateKeyJwt | ClientAssertion,
): authentication is ClientAssertion {
  return 'assertion' in authentication && authentication.assertion !== undefined
}

/**
 * Finds control characters. No client id or secret contains one (RFC 6749 appendix A). The usual one is the line break
 * at the end of a file.
 */
export function hasControls(text: string): boolean {
  return /\p{Cc}/u.test(text)
}

async function readText(given: Secret, name: string): Promise<string> {
  const text = await had(given, name)
  if (typeof text !== 'string' || text === '')
    throw new CredentialsError(`the function that gives the ${name} gave none`)
  if (hasControls(text)) throw new CredentialsError(`the ${name} holds a line break: trim it`)
  return text
}

/** Returns the value, or calls the function that supplies it. */
async function had(given: unknown, name: string): Promise<unknown> {
  if (typeof given !== 'function') return given
  try {
    return await (given as () => unknown)()
  } catch {
    throw new CredentialsError(`the function that gives the ${name} threw`)
  }
}

/**
 * RFC 6749 appendix B. Of all that a form lets stand as it is, nothing is escaped, for servers that do not
 * decode what they should.
 */
function formEncode(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1)
}

/** RFC 7523 section 3. The audience is the issuer by default, which tells servers apart that share an endpoint. */
async function sign(
  { key: given, algorithm, keyId, audience }: PrivateKeyJwt,
  { clientId, issuer, now }: AssertionContext,
): Promise<string> {
  const key = (await had(given, 'key')) as PrivateKey | undefined
  if (key === undefined) throw new CredentialsError('the function that gives the key gave none')
  const why = whyUnfit(key, algorithm)
  if (why !== undefined) throw new CredentialsError(`the key ${why}`)
  const jwk = 'kty' in key ? key : undefined
  const alg = (algorithm ?? jwk?.alg) as Algorithm
  const kid = keyId ?? jwk?.kid
  const iat = Math.floor(now)
  const header = { alg, ...(kid !== undefined && { kid }) }
  const claims = {
    iss: clientId,
    sub: clientId,
    aud: audience ?? issuer,
    jti: crypto.randomUUID(),
    iat,
    exp: iat + ASSERTION_AGE,
  }
  try {
    return await signJws(header, claims, key, alg)
  } catch {
    throw new CredentialsError(`the key signs nothing with ${alg}`)
  }
}
