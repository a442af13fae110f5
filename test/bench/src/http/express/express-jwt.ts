import { expressjwt } from 'express-jwt'
import { expressJwtSecret, type GetVerificationKey } from 'jwks-rsa'
import { ALGORITHM, type Api, getJwksUri } from '../contestant.ts'
import { createApi } from './create-api.ts'

export const api: Api = (setup) => {
  const { issuer, audience } = setup
  const secret = expressJwtSecret({ jwksUri: getJwksUri(setup) }) as GetVerificationKey
  return createApi(expressjwt({ secret, issuer, audience, algorithms: [ALGORITHM] }))
}
