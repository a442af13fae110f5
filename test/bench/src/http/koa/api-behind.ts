import { createServer, type Server } from 'node:http'
import Koa, { type Middleware } from 'koa'
import { ANSWER } from '../contestant.ts'

export function apiBehind(...guards: Middleware[]): Server {
  const app = new Koa()
  // Koa writes what is thrown to the console, refusals included.
  app.silent = true
  for (const guard of guards) app.use(guard)
  app.use((context) => {
    context.body = ANSWER
  })
  const handle = app.callback()
  return createServer((request, response) => void handle(request, response))
}
