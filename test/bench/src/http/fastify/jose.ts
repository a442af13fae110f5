import type { onRequestAsyncHookHandler } from 'fastify'
import { type Api, REFUSAL } from '../contestant.ts'
import { joseVerifier } from '../with-jose.ts'
import { apiBehind } from './api-behind.ts'

export const api: Api = (setup) => {
  const verify = joseVerifier(setup)
  const guard: onRequestAsyncHookHandler = async (request, reply) => {
    if (!(await verify(request.headers.authorization))) return reply.code(401).send(REFUSAL)
  }
  return apiBehind(async () => guard)
}
