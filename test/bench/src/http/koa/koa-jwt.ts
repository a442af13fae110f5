import { koaJwtSecret } from 'jwks-rsa'
import jwt from 'koa-jwt'
import { addressOfKeys, ALGORITHM, type Api } from '../contestant.ts'
import { apiBehind } from './api-behind.ts'

export const api: Api = (setup) => {
  const { issuer, audience } = setup
  const secret = koaJwtSecret({ jwksUri: addressOfKeys(setup) })
  return apiBehind(jwt({ secret, issuer, audience, algorithms: [ALGORITHM] }))
}
