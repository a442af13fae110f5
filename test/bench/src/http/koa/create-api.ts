import type { Server } from 'node:http'
import Koa, { type Middleware } from 'koa'
import { GRANTED_BODY } from '../contestant.ts'
import { createServer } from '../node-http.ts'

export function createApi(...guards: Middleware[]): Server {
  const app = new Koa()
  // Otherwise Koa writes every error to the console, including errors for refused requests.
  app.silent = true
  for (const guard of guards) app.use(guard)
  app.use((context) => {
    context.body = GRANTED_BODY
  })
  const handle = app.callback()
  return createServer((request, response) => void handle(request, response))
}
