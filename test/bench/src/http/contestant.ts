import type { Server } from 'node:http'

/** What an API is told about the tokens it takes. */
export interface Setup {
  readonly issuer: string
  readonly audience: string
  /** `undefined` where the contestant shall find the keys by discovery. */
  readonly jwksUri: string | undefined
  /** Whether the keys are fetched before the API listens: on Express, where the contestant can do so. */
  readonly prefetch: boolean
}

/** Makes an API with one route, `GET /`, that answers good tokens with 200 and bad ones with 401. */
export type Api = (setup: Setup) => Server | Promise<Server>

export const ANSWER = { ok: true }
export const REFUSAL = { error: 'invalid_token' }
export const ALGORITHM = 'RS256'

export function tokenIn(authorization: string | undefined): string {
  return /^Bearer (.+)$/i.exec(authorization ?? '')?.[1] ?? ''
}

/** The address of the keys, for contestants that cannot find it. */
export function addressOfKeys({ jwksUri }: Setup): string {
  if (jwksUri === undefined) throw new Error('this contestant has no discovery')
  return jwksUri
}
