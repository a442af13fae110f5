import { type Api, REFUSAL } from '../contestant.ts'
import { joseVerifier } from '../with-jose.ts'
import { apiBehind } from './api-behind.ts'

export const api: Api = (setup) => {
  const verify = joseVerifier(setup)
  return apiBehind(async (context, next) => {
    if (await verify(context.headers.authorization)) return next()
    context.status = 401
    context.body = REFUSAL
  })
}
