import { createRemoteJWKSet, jwtVerify } from 'jose'
import { ALGORITHM, type ApiSettings, getJwksUri, readToken } from './contestant.ts'

/** Creates the function that a hand-written middleware with jose calls. */
export function createJoseVerifier(
  setup: ApiSettings,
): (authorization: string | undefined) => Promise<boolean> {
  const { issuer, audience } = setup
  const keys = createRemoteJWKSet(new URL(getJwksUri(setup)))
  const options = { issuer, audience, algorithms: [ALGORITHM] }
  return async (authorization) => {
    try {
      await jwtVerify(readToken(authorization), keys, options)
      return true
    } catch {
      return false
    }
  }
}
