import {
  createResourceServer,
  type Outcome,
  type Refused,
  type RequestLike,
  type Requirements,
  type ResourceServer,
  type ResourceServerOptions,
  type ResponseHeaders,
  resourceServerFromEnv,
} from '@bearward/core'
import type { NextFunction, Request, RequestHandler, Response } from 'express'

/** What a guard asks of the caller. `check` gets the Express request. */
export type ExpressRequirements = Requirements<Request>

/** The guards of one configuration. Made by `createBearward`. */
export interface Bearward extends Pick<
  ResourceServer,
  'ready' | 'status' | 'distrustKey' | 'verify' | 'close'
> {
  /**
   * Makes a middleware that lets a request pass if it carries a valid token that meets the requirements,
   * and answers it otherwise. Throws a `ConfigurationError` where the requirements are wrong.
   */
  readonly requireToken: (requirements?: ExpressRequirements) => RequestHandler
}

/** Makes the guards of one configuration. Throws a `ConfigurationError` that names every problem. */
export function createBearward(options: ResourceServerOptions<Request>): Bearward {
  const server = createResourceServer(options as ResourceServerOptions)
  return {
    requireToken: (...requirements) => createGuard(server, requirements),
    ready: server.ready,
    status: server.status,
    distrustKey: server.distrustKey,
    verify: server.verify,
    close: server.close,
  }
}

/**
 * The same as `createBearward(...).requireToken`, configured from the `BEARWARD_*` environment variables
 * when it is called: all guards that are made under one environment share one configuration.
 *
 * Throws a `ConfigurationError` where the variables or the requirements are wrong.
 */
export function requireToken(...requirements: [ExpressRequirements?]): RequestHandler {
  return createGuard(resourceServerFromEnv(process.env), requirements)
}

function createGuard(server: ResourceServer, requirements: readonly unknown[]): RequestHandler {
  // Passed on as they came: an argument that is there but undefined is a mistake for the core to find.
  const guard = server.guard(...(requirements as [Requirements]))
  return function bearwardGuard(request, response, next) {
    let outcome
    try {
      outcome = guard(toRequestLike(request))
    } catch (error) {
      next(error)
      return
    }
    if (outcome instanceof Promise)
      outcome.then((known) => settle(known, request, response, next), next)
    else settle(outcome, request, response, next)
  }
}

function toRequestLike(request: Request): RequestLike {
  const { method, originalUrl: url, rawHeaders, headers } = request
  return { method, url, rawHeaders, headers, raw: request }
}

function settle(outcome: Outcome, request: Request, response: Response, next: NextFunction): void {
  try {
    if (outcome.kind === 'refused') {
      answer(outcome, response)
      return
    }
    writeHeaders(outcome.headers, response)
    if (outcome.kind === 'granted') request.auth = outcome.token
    else delete request.auth
  } catch (error) {
    next(error)
    return
  }
  // Outside the `try`: an error thrown by a later handler must not become a refusal.
  next()
}

function answer(refusal: Refused, response: Response): void {
  // The client may be gone, or something before the guard may have answered while keys were fetched.
  if (response.headersSent) return
  response.statusCode = refusal.status
  writeHeaders(refusal.headers, response)
  response.setHeader('Content-Length', Buffer.byteLength(refusal.body))
  response.end(refusal.body)
}

function writeHeaders(headers: ResponseHeaders, response: Response): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
}
