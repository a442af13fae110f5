import type { RequestHandler } from 'express'
import { type Api, REFUSAL } from '../contestant.ts'
import { joseVerifier } from '../with-jose.ts'
import { apiBehind } from './api-behind.ts'

export const api: Api = (setup) => {
  const verify = joseVerifier(setup)
  const guard: RequestHandler = async (req, res, next) => {
    if (await verify(req.headers.authorization)) next()
    else res.status(401).json(REFUSAL)
  }
  return apiBehind(guard)
}
