import type { Server } from 'node:http'
import express, { type ErrorRequestHandler, type RequestHandler } from 'express'
import { GRANTED_BODY, REFUSED_BODY } from '../contestant.ts'
import { createServer } from '../node-http.ts'

/** Responds with 401 if a guard rejects a request, as the documentation of the guards recommends. */
const refuse: ErrorRequestHandler = (error: { readonly status?: number }, _req, res, _next) => {
  res.status(error.status ?? 500).json(REFUSED_BODY)
}

export function createApi(...guards: RequestHandler[]): Server {
  const app = express()
  app.get('/', ...guards, (_req, res) => {
    res.json(GRANTED_BODY)
  })
  app.use(refuse)
  return createServer(app)
}
