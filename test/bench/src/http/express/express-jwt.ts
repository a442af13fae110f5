import { expressjwt } from 'express-jwt'
import { expressJwtSecret, type GetVerificationKey } from 'jwks-rsa'
import { addressOfKeys, ALGORITHM, type Api } from '../contestant.ts'
import { apiBehind } from './api-behind.ts'

export const api: Api = (setup) => {
  const { issuer, audience } = setup
  const secret = expressJwtSecret({ jwksUri: addressOfKeys(setup) }) as GetVerificationKey
  return apiBehind(expressjwt({ secret, issuer, audience, algorithms: [ALGORITHM] }))
}
