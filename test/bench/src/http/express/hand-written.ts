import type { RequestHandler } from 'express'
import { type Api, type CreateVerifier, REFUSED_BODY } from '../contestant.ts'
import { createApi } from './create-api.ts'

/** Guards an API with a hand-written middleware for a library that has no middleware. */
export function guardByHand(createVerifier: CreateVerifier): Api {
  return async (setup) => {
    const verify = await createVerifier(setup)
    const guard: RequestHandler = async (req, res, next) => {
      if (await verify(req.headers.authorization)) next()
      else res.status(401).json(REFUSED_BODY)
    }
    return createApi(guard)
  }
}
