import { createServer, type Server } from 'node:http'
import express, { type ErrorRequestHandler, type RequestHandler } from 'express'
import { ANSWER, REFUSAL } from '../contestant.ts'

/** Answers what a guard has refused as the guards' own documentation does it. */
const refuse: ErrorRequestHandler = (error: { readonly status?: number }, _req, res, _next) => {
  res.status(error.status ?? 500).json(REFUSAL)
}

export function apiBehind(...guards: RequestHandler[]): Server {
  const app = express()
  app.get('/', ...guards, (_req, res) => {
    res.json(ANSWER)
  })
  app.use(refuse)
  return createServer(app)
}
