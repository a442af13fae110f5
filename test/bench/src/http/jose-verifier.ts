import { createRemoteJWKSet, jwtVerify } from 'jose'
import { ALGORITHM, type CreateVerifier, getJwksUri, readToken } from './contestant.ts'

export const createJoseVerifier: CreateVerifier = (setup) => {
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
