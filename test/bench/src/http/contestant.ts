import type { Server } from 'node:http'

/** Settings of an API: the tokens that it accepts, and its keys. */
export interface ApiSettings {
  readonly issuer: string
  readonly audience: string
  /** Address of the keys. `undefined` if the contestant has to discover this address. */
  readonly jwksUri: string | undefined
  /** `true` to fetch the keys before the API listens. Only some contestants on Express support this. */
  readonly prefetch: boolean
}

/** Creates an API with the route `GET /`. It responds with 200 to valid tokens, and with 401 to all others. */
export type Api = (setup: ApiSettings) => Server | Promise<Server>

/** Returns whether the value of an `Authorization` header contains a valid token. */
export type VerifyHeader = (authorization: string | undefined) => Promise<boolean>

/** Creates the function of a library that a hand-written guard calls. */
export type CreateVerifier = (setup: ApiSettings) => VerifyHeader | Promise<VerifyHeader>

export const GRANTED_BODY = { ok: true }
export const REFUSED_BODY = { error: 'invalid_token' }
export const ALGORITHM = 'RS256'

export function readToken(authorization: string | undefined): string {
  return /^Bearer (.+)$/i.exec(authorization ?? '')?.[1] ?? ''
}

/** Returns the address of the keys, for contestants without discovery. */
export function getJwksUri({ jwksUri }: ApiSettings): string {
  if (jwksUri === undefined) throw new Error('this contestant has no discovery: set `jwksUri`')
  return jwksUri
}
