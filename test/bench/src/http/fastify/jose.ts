import type { onRequestAsyncHookHandler } from 'fastify'
import { type Api, REFUSED_BODY } from '../contestant.ts'
import { createJoseVerifier } from '../jose-verifier.ts'
import { createApi } from './create-api.ts'

export const api: Api = (setup) => {
  const verify = createJoseVerifier(setup)
  const guard: onRequestAsyncHookHandler = async (request, reply) => {
    if (!(await verify(request.headers.authorization))) return reply.code(401).send(REFUSED_BODY)
  }
  return createApi(async () => guard)
}
