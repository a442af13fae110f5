import type {
  AccessToken,
  Requirements,
  ResourceServerOptions,
  ResponseHeaders,
} from '@bearward/core'
import { type AdapterBearward, callNext, defineAdapter, pending } from '@bearward/core/adapter'
import type { NextFunction, Request, Response } from 'express'
import { identify } from './identify.ts'

/** The requirements of a guard. `check` receives the Express request. */
export type ExpressRequirements = Requirements<Request>

/**
 * A middleware that calls `next` if the request may pass, and answers it otherwise. If code of your own calls
 * it, `await` it: after a refusal the promise is never settled.
 */
export type ExpressGuard = (
  request: Request,
  response: Response,
  next: NextFunction,
) => void | Promise<void>

/** The guards of one configuration. Made by `createBearward`. */
export type Bearward = AdapterBearward<Request, ExpressGuard>

const adapter = defineAdapter<[Request, Response, NextFunction], void | Promise<void>>({
  toRequest: ({ method, originalUrl: url, rawHeaders, headers }) => {
    return { method, url, rawHeaders, headers }
  },
  identify,
  grant(outcome, request: { auth?: AccessToken }, response) {
    // A guard that was not awaited may decide after the response.
    if (!response.headersSent) writeHeaders(outcome.headers, response)
    if (outcome.kind === 'granted') request.auth = outcome.token
    else delete request.auth
  },
  proceed: (_request, _response, next) => callNext(next),
  refuse({ status, headers, body }, _request, response) {
    // The response may have been sent, or begun, while keys were fetched. One that has begun is cut off.
    if (response.headersSent) {
      if (!response.writableEnded) response.destroy()
    } else {
      response.statusCode = status
      writeHeaders(headers, response)
      response.setHeader('Content-Length', Buffer.byteLength(body))
      response.end(body)
    }
    return pending()
  },
  fail(error, _request, _response, next) {
    if (typeof next !== 'function') throw error
    next(error)
    return pending()
  },
  environment: process.env,
})

/**
 * Makes the guards of one configuration. Throws a `ConfigurationError` that names every problem.
 *
 * @example
 * const { requireToken } = createBearward({
 *   issuer: 'https://auth.example.com',
 *   audience: 'https://api.example.com',
 * })
 * app.get('/reports', requireToken({ scope: 'read:reports' }), listReports)
 */
export const createBearward: (options: ResourceServerOptions<Request>) => Bearward =
  adapter.createBearward

/**
 * Makes a guard like `createBearward(...).requireToken`, configured by the `BEARWARD_*` environment variables.
 * All guards that are made with the same variables share one configuration.
 *
 * Throws a `ConfigurationError` if the variables or the requirements are wrong.
 *
 * @example
 * app.get('/reports', requireToken({ scope: 'read:reports' }), listReports)
 */
export const requireToken: (...requirements: [ExpressRequirements?]) => ExpressGuard =
  adapter.requireToken

/**
 * Returns the verified token of a request that has passed a guard. Never returns `undefined`.
 *
 * Throws an `Error` if there is none, which is a mistake in the program: no guard has granted this request, or
 * the guard is `optional` and the caller is anonymous (read `request.auth` there).
 *
 * @example
 * const { subject, scopes } = auth(request)
 */
export const auth: (request: Request) => AccessToken = adapter.auth

function writeHeaders(headers: ResponseHeaders, response: Response): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
}
