import type { HttpResponse, ResponseHeaders } from '../response/http-response.ts'
import type { RequestLike } from '../model/request-like.ts'
import { headerValues } from '../model/header-values.ts'
import { isAllowedOrigin, isOneOrigin, readOrigins } from './origin.ts'

/** The options of `cors` after validation, with defaults: see `CorsOptions`. */
export interface CorsSettings {
  readonly origins: readonly string[] | '*' | ((origin: string) => boolean)
  readonly headers: readonly string[] | undefined
  readonly methods: readonly string[] | undefined
  readonly exposedHeaders: readonly string[] | undefined
  readonly maxAge: number
}

/**
 * The result for one request: a complete response, or headers for the response of a later handler.
 *
 * @example
 * const result = cors(request)
 * if (result.kind === 'respond') return new Response(result.body || null, result)
 */
export type CorsResult =
  | ({ readonly kind: 'respond' } & HttpResponse)
  | { readonly kind: 'continue'; readonly headers: ResponseHeaders }

const USUAL_HEADERS = ['Authorization', 'Content-Type', 'DPoP']
const USUAL_METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']
const EXPOSED = ['WWW-Authenticate', 'Retry-After', 'DPoP-Nonce']

/**
 * Creates the function that `createCors` returns. `settings` are the validated options. An error about the function `origins`
 * names `owner`, such as `createMcpGuard`.
 */
export function toCors(
  settings: CorsSettings,
  owner = 'cors',
): (request: RequestLike) => CorsResult {
  const { origins, methods = USUAL_METHODS, maxAge } = settings
  const isAnyone = origins === '*'
  const exposed = [...EXPOSED, ...(settings.exposedHeaders ?? [])].join(', ')
  const preflight = {
    'Access-Control-Allow-Headers': [...USUAL_HEADERS, ...(settings.headers ?? [])].join(', '),
    'Access-Control-Allow-Methods': methods.join(', '),
    'Access-Control-Max-Age': String(maxAge),
  }

  function getAllowed(origin: string | undefined): string | undefined {
    if (isAnyone) return '*'
    if (origin === undefined) return undefined
    return isAllowedOrigin(origin, origins, owner) ? origin : undefined
  }

  return (request) => {
    const lines = readOrigins(request)
    const origin = lines.length === 1 && isOneOrigin(lines[0]) ? lines[0] : undefined
    const allowed = getAllowed(origin)
    const headers: Record<string, string> = isAnyone ? {} : { Vary: 'Origin' }
    if (allowed !== undefined) headers['Access-Control-Allow-Origin'] = allowed
    const isPreflight =
      request.method === 'OPTIONS' &&
      lines.length === 1 &&
      headerValues(request, 'access-control-request-method').length > 0
    if (isPreflight) {
      const more = allowed === undefined ? {} : preflight
      return { kind: 'respond', status: 204, headers: { ...headers, ...more }, body: '' }
    }
    if (allowed !== undefined) headers['Access-Control-Expose-Headers'] = exposed
    return { kind: 'continue', headers }
  }
}
