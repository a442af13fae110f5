import type {
  ClientAssertion,
  ClientAuthentication,
  PrivateKeyJwt,
  Secret,
} from '../model/client-authentication.ts'
import { type PrivateKey, checkPrivateKey, createSigningHeader } from '../signature/private-key.ts'
import { signJws } from '../signature/sign-jws.ts'

/** Values for the claims of a client assertion (RFC 7523 section 3). */
export interface AssertionContext {
  readonly clientId: string
  readonly issuer: string
  /** Seconds since the epoch. */
  readonly now: number
}

/** Header fields and form parameters that authenticate the client. */
export interface ClientCredentials {
  readonly headers: Readonly<Record<string, string>>
  readonly form: Readonly<Record<string, string>>
  /**
   * The secrets in `headers` and `form`, and the encoded values of a secret in `headers`. No log, event or error may contain one of
   * these texts.
   */
  readonly secrets: readonly string[]
}

/**
 * Thrown if the secret, the key or the assertion is unavailable or unusable. The message consists of fixed texts and the name
 * of an algorithm. It never contains the secret, the key or the assertion.
 */
export class CredentialsError extends Error {
  override readonly name = 'CredentialsError'
}

/** Lifetime of an assertion in seconds. */
const ASSERTION_AGE = 60

/**
 * Creates the credentials for one request. Functions for the secret, key or assertion are called for each request.
 * Rejects with a `CredentialsError` if the secret, key or assertion is unavailable or unusable.
 */
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
 * Returns whether a text contains control characters. A valid client id or secret contains none (RFC 6749 appendix A).
 * But a secret that is read from a file often ends with a line break.
 */
export function hasControlCharacters(text: string): boolean {
  return /\p{Cc}/u.test(text)
}

async function readText(given: Secret, name: string): Promise<string> {
  const text = await resolveValue(given, name)
  if (typeof text !== 'string' || text === '')
    throw new CredentialsError(`the function for the ${name} returned no ${name}`)
  if (hasControlCharacters(text))
    throw new CredentialsError(
      `the ${name} contains a control character, such as a line break: remove it`,
    )
  return text
}

/** Returns the value, or calls the function that supplies it. */
async function resolveValue(given: unknown, name: string): Promise<unknown> {
  if (typeof given !== 'function') return given
  try {
    return await (given as () => unknown)()
  } catch {
    throw new CredentialsError(`the function for the ${name} threw an error`)
  }
}

/**
 * Encodes a client id or secret as a form value (RFC 6749 appendix B). Characters that a form does not have to escape
 * stay as they are, because some servers do not decode the value.
 */
function formEncode(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1)
}

/**
 * Signs a client assertion (RFC 7523 section 3). By default, the audience is the issuer. An address of an endpoint would be
 * ambiguous, because several issuers can share one endpoint.
 */
async function sign(
  { key: given, algorithm, keyId, audience }: PrivateKeyJwt,
  { clientId, issuer, now }: AssertionContext,
): Promise<string> {
  const key = (await resolveValue(given, 'key')) as PrivateKey | undefined
  if (key === undefined) throw new CredentialsError('the function for the key returned no key')
  const why = checkPrivateKey(key, algorithm)
  if (why !== undefined) throw new CredentialsError(`the key ${why}`)
  const header = createSigningHeader(key, { algorithm, keyId })
  const iat = Math.floor(now)
  const claims = {
    iss: clientId,
    sub: clientId,
    aud: audience ?? issuer,
    jti: crypto.randomUUID(),
    iat,
    exp: iat + ASSERTION_AGE,
  }
  try {
    return await signJws(header, claims, key, header.alg)
  } catch {
    throw new CredentialsError(`the key cannot sign with ${header.alg}`)
  }
}
