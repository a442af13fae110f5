import { type CorsOptions, readCorsOptions } from './options/cors-options.ts'
import type { RequestLike } from './model/request-like.ts'
import { type CorsResult, toCors } from './request/cors.ts'

/**
 * Creates a function that decides about cross-origin requests (Fetch Standard, section "HTTP-CORS protocol"). Call it before
 * every guard. A preflight request gets a complete response without a token. For any other request, it returns headers, with
 * which pages of the allowed origins can read the response and its `WWW-Authenticate`.
 *
 * Credentials of browsers, such as cookies, are never allowed. Does NOT refuse requests of other origins: the browser does not
 * let their pages read the response.
 *
 * @throws {ConfigurationError} if options are wrong: lists every problem with its fix
 * @example
 * const cors = createCors({ origins: ['https://app.example.com'] })
 * const result = cors(request)
 */
export function createCors(options: CorsOptions): (request: RequestLike) => CorsResult {
  return toCors(readCorsOptions(options))
}
