import { type Api, REFUSED_BODY } from '../contestant.ts'
import { createJoseVerifier } from '../jose-verifier.ts'
import { createApi } from './create-api.ts'

export const api: Api = (setup) => {
  const verify = createJoseVerifier(setup)
  return createApi(async (context, next) => {
    if (await verify(context.headers.authorization)) return next()
    context.status = 401
    context.body = REFUSED_BODY
  })
}
