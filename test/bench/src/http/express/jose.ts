import type { RequestHandler } from 'express'
import { type Api, REFUSED_BODY } from '../contestant.ts'
import { createJoseVerifier } from '../jose-verifier.ts'
import { createApi } from './create-api.ts'

export const api: Api = (setup) => {
  const verify = createJoseVerifier(setup)
  const guard: RequestHandler = async (req, res, next) => {
    if (await verify(req.headers.authorization)) next()
    else res.status(401).json(REFUSED_BODY)
  }
  return createApi(guard)
}
