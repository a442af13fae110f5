import type { Request } from 'express'

/** A request with the members that request loggers and the router add to it. */
interface Identified extends Pick<Request, 'baseUrl'> {
  readonly id?: unknown
  readonly route?: { readonly path: unknown }
}

/**
 * Returns the id of a request, as set by a request logger such as pino-http, and the pattern of its route. Inside a router,
 * Express provides only a part of the pattern, so the route is `undefined`.
 */
export function identify({ id, baseUrl, route }: Identified): { id: unknown; route: unknown } {
  return { id, route: baseUrl === '' ? route?.path : undefined }
}
