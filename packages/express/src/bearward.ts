import type { AccessToken, Requirements, ResourceServerOptions } from '@bearward/core'
import type { AdapterBearward, AdapterDefinition } from '@bearward/core/adapter'
import { callNext, defineAdapter, defineRequireToken, pending } from '@bearward/core/adapter'
import type { NextFunction, Request, Response } from 'express'
import { identify } from './identify.ts'
import { writeHeaders } from './headers.ts'
import { getTarget } from './target.ts'

/** The requirements of a guard. `check` receives the Express request. */
export type ExpressRequirements = Requirements<Request>

/**
 * A middleware that calls `next` if the request is granted or anonymous, and otherwise sends the refusal. If your own code
 * calls it, use `await`. After a refusal, the promise never settles, so your code does not continue.
 */
export type ExpressGuard = (
  request: Request,
  response: Response,
  next: NextFunction,
) => void | Promise<void>

/** The guards of one configuration, as returned by `createBearward`. */
export type Bearward = AdapterBearward<Request, ExpressGuard>

const definition: AdapterDefinition<[Request, Response, NextFunction], void | Promise<void>> = {
  framework: 'express',
  toRequest: (request) => {
    const { method, rawHeaders, headers } = request
    return { method, url: getTarget(request), rawHeaders, headers }
  },
  getSocket: ({ socket }) => socket,
  identify,
  grant(outcome, request: { auth?: AccessToken }) {
    if (outcome.kind === 'granted') request.auth = outcome.token
    else delete request.auth
  },
  setHeaders(headers, _request, response) {
    // If a guard was not awaited, the response may have been sent before the outcome of the guard is known.
    if (!response.headersSent) writeHeaders(headers, response)
  },
  proceed: (_request, _response, next) => callNext(next),
  respond({ status, headers, body }, _request, response) {
    // Other code may have begun or sent a response while keys were fetched. An unfinished response is aborted.
    if (response.headersSent) {
      if (!response.writableEnded) response.destroy()
    } else {
      response.statusCode = status
      writeHeaders(headers, response)
      // RFC 9110 section 8.6: a 204 has no Content-Length.
      if (status !== 204) response.setHeader('Content-Length', Buffer.byteLength(body))
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
}

const adapter = /* @__PURE__ */ defineAdapter(definition)

/**
 * Creates the guards of one configuration. The options are validated immediately. Keys are fetched when the first token arrives,
 * or by `ready()` or `status()`.
 *
 * @throws {ConfigurationError} if an option is wrong. The message names every problem.
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
 * Creates a guard like `createBearward(...).requireToken`, with options from the `BEARWARD_*` environment variables. The
 * variables are read at each call. Guards that are created with the same variables share one configuration.
 *
 * @throws {ConfigurationError} if a variable or a requirement is wrong.
 *
 * @example
 * app.get('/reports', requireToken({ scope: 'read:reports' }), listReports)
 */
export const requireToken: (...requirements: [ExpressRequirements?]) => ExpressGuard =
  /* @__PURE__ */ defineRequireToken(definition)

/**
 * Returns the verified token of a request that a guard has granted. It never returns `undefined`.
 *
 * @throws {Error} if no guard has granted the request. This is a mistake in the application.
 * @throws {Error} if the guard is `optional` and the caller is anonymous. Behind an optional guard, read `request.auth` instead.
 *
 * @example
 * const { subject, scopes } = auth(request)
 */
export const auth: (request: Request) => AccessToken = adapter.auth
