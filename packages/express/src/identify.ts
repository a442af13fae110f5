import type { Request } from 'express'

/** Members that request loggers and the router add to a request. */
interface Identified extends Pick<Request, 'baseUrl'> {
  readonly id?: unknown
  readonly route?: { readonly path: unknown }
}

/**
 * Returns the id that a request logger such as pino-http has given to a request, and the pattern of its route. Inside a
 * router the pattern is not known as a whole, and is left out.
 */
export function identify({ id, baseUrl, route }: Identified): { id: unknown; route: unknown } {
  return { id, route: baseUrl === '' ? route?.path : undefined }
}
