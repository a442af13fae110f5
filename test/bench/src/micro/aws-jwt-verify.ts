import { JwtVerifier } from 'aws-jwt-verify'
import type { JwkWithKid } from 'aws-jwt-verify/jwk'
import { accepts, type Contestant } from './contestant.ts'

export const awsJwtVerify: Contestant = (pool, { issuer, audience }) => {
  if (pool.algorithm === 'PS256') return undefined
  const verifier = JwtVerifier.create({ issuer, audience, jwksUri: `${issuer}/jwks` })
  verifier.cacheJwks({ keys: [pool.jwk as JwkWithKid] })
  return (index) => accepts(() => verifier.verifySync(pool.token(index)))
}
