import { createRemoteJWKSet, jwtVerify } from 'jose'
import { addressOfKeys, ALGORITHM, type Setup, tokenIn } from './contestant.ts'

/** What a middleware has in it that is written by hand on jose. */
export function joseVerifier(
  setup: Setup,
): (authorization: string | undefined) => Promise<boolean> {
  const { issuer, audience } = setup
  const keys = createRemoteJWKSet(new URL(addressOfKeys(setup)))
  const options = { issuer, audience, algorithms: [ALGORITHM] }
  return async (authorization) => {
    try {
      await jwtVerify(tokenIn(authorization), keys, options)
      return true
    } catch {
      return false
    }
  }
}
