import { type CorsOptions, readCorsOptions } from './options/cors-options.ts'
import type { RequestLike } from './model/request-like.ts'
import { type CorsResult, toCors } from './request/cors.ts'

/**
 * Creates a function that decides about cross-origin requests (Fetch Standard, section "HTTP-CORS protocol"). Call the
 * created function before every guard. For a preflight request, it returns a complete response, and no token is needed. For any
 * other request, it returns headers that let pages of the allowed origins read the response and its `WWW-Authenticate`.
 *
 * `Access-Control-Allow-Credentials` is never sent, so pages cannot read responses to requests with cookies. Does NOT refuse
 * requests of other origins. Instead, the browser does not let pages of other origins read the response.
 *
 * @throws {ConfigurationError} if options are wrong: lists every problem with its fix
 * @example
 * const cors = createCors({ origins: ['https://app.example.com'] })
 * const result = cors(request)
 */
export function createCors(options: CorsOptions): (request: RequestLike) => CorsResult {
  return toCors(readCorsOptions(options))
}
