import { importJWK } from 'jose'
import {
  type ClientAuth,
  ClientSecretBasic,
  ClientSecretPost,
  type CryptoKey,
  modifyAssertion,
  PrivateKeyJwt,
  TlsClientAuth,
} from 'oauth4webapi'
import type { MaybePromise } from '../maybe-promise.ts'

/** A secret, or a function that is asked for it at each use, so that it can be rotated without a restart. */
export type Secret = string | (() => MaybePromise<string>)

/** A private key: as WebCrypto has it, or as a JWK. */
export type PrivateKey = CryptoKey | PrivateJwk

/** A private key as a JWK (RFC 7517). It names its algorithm in `alg`, unless that is said beside it. */
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
  /** RFC 7523 section 2.2, with a key of which the authorization server has the public half. */
  | {
      readonly method: 'private_key_jwt'
      readonly key: PrivateKey | (() => MaybePromise<PrivateKey>)
      /** Default: what the key says by itself. */
      readonly algorithm?: string
      /** Default: the `kid` of the JWK, or none. */
      readonly keyId?: string
    }
  /** RFC 8705 section 2: by the certificate that one's own `fetch` presents. */
  | { readonly method: 'tls_client_auth' }

/** The secret or the key cannot be had or used. What came of it instead is never told: it may be secret. */
export class CredentialsError extends Error {
  override readonly name = 'CredentialsError'
}

/**
 * Makes the authentication of one request. Functions are asked anew each time. Rejects with a
 * `CredentialsError`.
 */
export async function authenticationOf(method: ClientAuthentication): Promise<ClientAuth> {
  try {
    switch (method.method) {
      case 'client_secret_basic':
        return ClientSecretBasic(await secretOf(method.secret))
      case 'client_secret_post':
        return ClientSecretPost(await secretOf(method.secret))
      case 'private_key_jwt':
        return await privateKeyJwt(method)
      case 'tls_client_auth':
        return TlsClientAuth()
    }
  } catch {
    throw new CredentialsError(`the ${subjectOf(method)} for ${method.method} cannot be had`)
  }
}

async function secretOf(secret: Secret): Promise<string> {
  return typeof secret === 'string' ? secret : secret()
}

async function privateKeyJwt({
  key: given,
  algorithm,
  keyId,
}: Extract<ClientAuthentication, { method: 'private_key_jwt' }>): Promise<ClientAuth> {
  const key = typeof given === 'function' ? await given() : given
  const jwk = 'kty' in key ? key : undefined
  const alg = algorithm ?? jwk?.alg
  const kid = keyId ?? jwk?.kid
  const cryptoKey = (jwk === undefined ? key : await importJWK({ ...jwk }, alg)) as CryptoKey
  return PrivateKeyJwt(kid === undefined ? cryptoKey : { key: cryptoKey, kid }, {
    // One algorithm can have two names, of which a server may know one: `EdDSA` and `Ed25519`.
    [modifyAssertion]: (header) => void (alg !== undefined && (header['alg'] = alg)),
  })
}

function subjectOf({ method }: ClientAuthentication): string {
  return method === 'private_key_jwt' ? 'key' : 'secret'
}
