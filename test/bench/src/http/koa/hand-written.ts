import { type Api, type CreateVerifier, REFUSED_BODY } from '../contestant.ts'
import { createApi } from './create-api.ts'

/** Guards an API with a hand-written middleware for a library that has no middleware. */
export function guardByHand(createVerifier: CreateVerifier): Api {
  return async (setup) => {
    const verify = await createVerifier(setup)
    return createApi(async (context, next) => {
      if (await verify(context.headers.authorization)) return next()
      context.status = 401
      context.body = REFUSED_BODY
    })
  }
}
