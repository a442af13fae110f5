import type { onRequestAsyncHookHandler } from 'fastify'
import { type Api, type CreateVerifier, REFUSED_BODY } from '../contestant.ts'
import { createApi } from './create-api.ts'

/** Guards an API with a hand-written hook for a library that has no hook. */
export function guardByHand(createVerifier: CreateVerifier): Api {
  return async (setup) => {
    const verify = await createVerifier(setup)
    const guard: onRequestAsyncHookHandler = async (request, reply) => {
      if (!(await verify(request.headers.authorization))) return reply.code(401).send(REFUSED_BODY)
    }
    return createApi(async () => guard)
  }
}
