import { koaJwtSecret } from 'jwks-rsa'
import jwt from 'koa-jwt'
import { ALGORITHM, type Api, getJwksUri } from '../contestant.ts'
import { createApi } from './create-api.ts'

export const api: Api = (setup) => {
  const { issuer, audience } = setup
  const secret = koaJwtSecret({ jwksUri: getJwksUri(setup) })
  return createApi(jwt({ secret, issuer, audience, algorithms: [ALGORITHM] }))
}
