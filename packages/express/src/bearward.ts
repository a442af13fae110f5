import {
  createResourceServer,
  type Outcome,
  type Refused,
  type RequestView,
  type Requirements,
  type ResourceServer,
  type ResourceServerOptions,
  standAloneServer,
} from '@bearward/core'
import type { NextFunction, Request, RequestHandler, Response } from 'express'

/** What a guard asks of the caller. `check` gets the Express request. */
export type ExpressRequirements = Requirements<Request>

/** The guards of one configuration. Made by `createBearward`. */
export interface Bearward extends Pick<ResourceServer, 'ready' | 'status' | 'distrust' | 'close'> {
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
    requireToken: (...requirements) => guardOf(server, requirements),
    ready: server.ready,
    status: server.status,
    distrust: server.distrust,
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
  return guardOf(standAloneServer(process.env), requirements)
}

function guardOf(server: ResourceServer, requirements: readonly unknown[]): RequestHandler {
  // Passed on as they came: an argument that is there but undefined is a mistake for the core to find.
  const guard = server.guard(...(requirements as [Requirements]))
  return function bearwardGuard(request, response, next) {
    let outcome
    try {
      outcome = guard(viewOf(request))
    } catch (error) {
      next(error)
      return
    }
    if (outcome instanceof Promise)
      outcome.then((known) => settle(known, request, response, next), next)
    else settle(outcome, request, response, next)
  }
}

function viewOf(request: Request): RequestView {
  const { method, originalUrl: url, rawHeaders: headerLines, headers } = request
  return { method, url, headerLines, headers, source: request }
}

function settle(outcome: Outcome, request: Request, response: Response, next: NextFunction): void {
  try {
    if (outcome.kind === 'refused') {
      answer(outcome, response)
      return
    }
    if (outcome.kind === 'granted') request.auth = outcome.token
    else delete request.auth
  } catch (error) {
    next(error)
    return
  }
  // Out of reach of the `catch`: what is thrown behind the guard is not its business.
  next()
}

function answer(refusal: Refused, response: Response): void {
  // The client may be gone, or something before the guard may have answered while keys were fetched.
  if (response.headersSent) return
  response.statusCode = refusal.status
  for (const [name, value] of Object.entries(refusal.headers)) response.setHeader(name, value)
  response.setHeader('Content-Length', Buffer.byteLength(refusal.body))
  response.end(refusal.body)
}
