import type { Server } from 'node:http'
import fastify, {
  type FastifyInstance,
  type onRequestAsyncHookHandler,
  type onRequestHookHandler,
} from 'fastify'
import { ANSWER } from '../contestant.ts'

/** `prepare` registers what a guard needs, and returns it. */
export async function apiBehind(
  prepare: (
    app: FastifyInstance,
  ) => Promise<onRequestHookHandler | onRequestAsyncHookHandler | undefined>,
): Promise<Server> {
  const app = fastify()
  const guard = await prepare(app)
  app.get('/', guard === undefined ? {} : { onRequest: guard }, async () => ANSWER)
  await app.ready()
  return app.server
}
