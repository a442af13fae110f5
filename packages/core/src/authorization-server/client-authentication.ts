import { importJWK, type JWK, SignJWT } from 'jose'
import type { MaybePromise } from '../maybe-promise.ts'
import type { Algorithm } from '../signature/algorithms.ts'

/** A secret, or a function that is asked for it at each use, so that it can be rotated without a restart. */
export type Secret = string | (() => MaybePromise<string>)

/** A private key: as WebCrypto or Node has it, or as a JWK. */
export type PrivateKey = PrivateKeyObject | PrivateJwk

/** A `CryptoKey`, or a `KeyObject` of Node. */
export interface PrivateKeyObject {
  readonly type: 'private' | 'public' | 'secret'
}

/** A private key as a JWK (RFC 7517). */
export interface PrivateJwk {
  readonly kty: string
  readonly alg?: string
  readonly kid?: string
  readonly [member: string]: unknown
}

/** How a client proves to the authorization server who it is. */
export type ClientAuthentication =
  /** RFC 6749 section 2.3.1: in the `Authorization` header, or in the form. */
  | { readonly method: 'client_secret_basic' | 'client_secret_post'; readonly secret: Secret }
  | PrivateKeyJwt
  /** RFC 8705 section 2: by the certificate that one's own `fetch` presents. */
  | { readonly method: 'tls_client_auth' }

/** RFC 7523 section 2.2, with a key of which the authorization server has the public half. */
export interface PrivateKeyJwt {
  readonly method: 'private_key_jwt'
  readonly key: PrivateKey | (() => MaybePromise<PrivateKey>)
  /** Default: the `alg` of the JWK. */
  readonly algorithm?: Algorithm
  /** Default: the `kid` of the JWK, or none. */
  readonly keyId?: string
}

/** Who asks whom, and when. */
export interface ClientIdentity {
  readonly clientId: string
  readonly issuer: string
  /** Seconds since the epoch. */
  readonly now: number
}

/** What a request carries beside what it asks. All of it is as secret as the secret. */
export interface ClientCredentials {
  readonly headers: Readonly<Record<string, string>>
  readonly form: Readonly<Record<string, string>>
}

/** The secret or the key cannot be had or used. What came of it instead is never told: it may be secret. */
export class CredentialsError extends Error {
  override readonly name = 'CredentialsError'
}

/** Seconds that an assertion can be used. */
const ASSERTION_AGE = 60

/** Makes the credentials of one request. Functions are asked anew each time. Rejects with a `CredentialsError`. */
export async function authenticateClient(
  authentication: ClientAuthentication,
  identity: ClientIdentity,
): Promise<ClientCredentials> {
  const { clientId: client_id } = identity
  try {
    switch (authentication.method) {
      case 'client_secret_basic': {
        const secret = await secretOf(authentication.secret)
        const pair = [client_id, secret].map(formEncode).join(':')
        return { headers: { Authorization: `Basic ${btoa(pair)}` }, form: {} }
      }
      case 'client_secret_post': {
        const client_secret = await secretOf(authentication.secret)
        return { headers: {}, form: { client_id, client_secret } }
      }
      case 'private_key_jwt': {
        const client_assertion = await assertion(authentication, identity)
        const client_assertion_type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
        return { headers: {}, form: { client_id, client_assertion_type, client_assertion } }
      }
      case 'tls_client_auth':
        return { headers: {}, form: { client_id } }
    }
  } catch {
    throw new CredentialsError(`the credentials for ${authentication.method} cannot be had`)
  }
}

async function secretOf(given: Secret): Promise<string> {
  const secret: unknown = typeof given === 'string' ? given : await given()
  if (typeof secret === 'string' && secret !== '') return secret
  throw new TypeError('no secret')
}

/**
 * RFC 6749 appendix B. Of all that a form lets stand as it is, nothing is escaped, for servers that do not
 * decode what they should.
 */
function formEncode(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1)
}

/** RFC 7523 section 3. The audience is the issuer, which tells servers apart that share an endpoint. */
async function assertion(
  { key: given, algorithm, keyId }: PrivateKeyJwt,
  { clientId, issuer, now }: ClientIdentity,
): Promise<string> {
  const key = typeof given === 'function' ? await given() : given
  const jwk = 'kty' in key ? key : undefined
  const alg = algorithm ?? jwk?.alg ?? 'not named'
  const kid = keyId ?? jwk?.kid
  const iat = Math.floor(now)
  return new SignJWT({ jti: crypto.randomUUID(), iat, exp: iat + ASSERTION_AGE })
    .setProtectedHeader({ alg, ...(kid !== undefined && { kid }) })
    .setIssuer(clientId)
    .setSubject(clientId)
    .setAudience(issuer)
    .sign(jwk === undefined ? key : await importJWK(jwk as JWK, alg))
}
