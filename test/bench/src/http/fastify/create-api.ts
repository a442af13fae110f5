import type { Server } from 'node:http'
import fastify, {
  type FastifyInstance,
  type onRequestAsyncHookHandler,
  type onRequestHookHandler,
} from 'fastify'
import { GRANTED_BODY } from '../contestant.ts'

/** Creates an API. `prepare` registers the plugins of a guard, and returns the guard. */
export async function createApi(
  prepare: (
    app: FastifyInstance,
  ) => Promise<onRequestHookHandler | onRequestAsyncHookHandler | undefined>,
): Promise<Server> {
  const app = fastify()
  const guard = await prepare(app)
  app.get('/', guard === undefined ? {} : { onRequest: guard }, async () => GRANTED_BODY)
  await app.ready()
  return app.server
}
