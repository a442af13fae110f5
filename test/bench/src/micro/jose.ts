import { createLocalJWKSet, jwtVerify } from 'jose'
import type { Contestant } from './contestant.ts'

export const jose: Contestant = (pool, { issuer, audience }) => {
  const keys = createLocalJWKSet({ keys: [pool.jwk] })
  const options = { issuer, audience, algorithms: [pool.algorithm] }
  return async (index) => {
    try {
      await jwtVerify(pool.token(index), keys, options)
      return true
    } catch {
      return false
    }
  }
}
