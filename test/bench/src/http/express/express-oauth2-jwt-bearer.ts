import { auth } from 'express-oauth2-jwt-bearer'
import { ALGORITHM, type Api } from '../contestant.ts'
import { apiBehind } from './api-behind.ts'

export const api: Api = ({ issuer, audience, jwksUri }) => {
  const keys = jwksUri === undefined ? { issuerBaseURL: issuer } : { issuer, jwksUri }
  return apiBehind(auth({ ...keys, audience, tokenSigningAlg: ALGORITHM }))
}
