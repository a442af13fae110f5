import { auth } from 'express-oauth2-jwt-bearer'
import { ALGORITHM, type Api } from '../contestant.ts'
import { createApi } from './create-api.ts'

export const api: Api = ({ issuer, audience, jwksUri }) => {
  const keys = jwksUri === undefined ? { issuerBaseURL: issuer } : { issuer, jwksUri }
  return createApi(auth({ ...keys, audience, tokenSigningAlg: ALGORITHM }))
}
