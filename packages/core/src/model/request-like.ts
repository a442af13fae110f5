import { getMember } from '../lib/objects.ts'
import { toPrintable } from '../lib/quote.ts'

/**
 * A request as the core sees it. An adapter makes one from the request of its framework. A web `Request` is
 * one, too.
 *
 * @example
 * const outcome = await guard({ method: 'GET', url: '/', headers: { authorization: 'Bearer ...' } })
 * @example
 * const outcome = await guard(new Request('https://api.example.com/', { headers }))
 */
export interface RequestLike {
  readonly method: string
  /** The request target as received (path and query), or the absolute URL. */
  readonly url: string
  /**
   * The header lines as received: name, value, name, value, as in `rawHeaders` of Node. If there are any,
   * `headers` is not read: Node keeps the first of two `Authorization` lines in `headers` and drops the other.
   */
  readonly rawHeaders?: readonly string[] | undefined
  /** The header fields by name (in any case), or a web `Headers`. */
  readonly headers: HeaderFields | WebHeaders
  /** The pattern of the route, such as `/reports/:id`, for events. */
  readonly route?: string | undefined
  /** The id of the request in logs, if it has one. Shown in events, so it must not contain a secret. */
  readonly id?: string | number | undefined
  /** Returns `id` and `route` of `raw`, instead of these members. Only called for events. */
  readonly identify?: ((raw: object) => RequestIdentity) | undefined
  /**
   * The request of the framework. `check` receives it, and guards that are called with the same `raw` share one
   * verification. Default: this object itself.
   */
  readonly raw?: object
}

/** The parts of a request by which people find it in logs. */
export interface RequestIdentity {
  readonly id?: unknown
  readonly route?: unknown
}

/** Header fields by name, as in `headers` of Node. */
export type HeaderFields = Readonly<Record<string, string | readonly string[] | undefined>>

/** The part of a web `Headers` that is read. */
export interface WebHeaders {
  get(name: string): string | null
}

/** Returns method and route of a request for an event. `undefined`: the route is not known. */
export function getRoute(request: RequestLike | undefined): string | undefined {
  const route = readIdentity(request, 'route')
  return typeof route === 'string' ? toPrintable(`${request!.method} ${route}`) : undefined
}

/** Returns the id of a request for an event. `undefined`: it has none, or a token came without a request. */
export function getRequestId(request: RequestLike | undefined): string | undefined {
  const id = readIdentity(request, 'id')
  return typeof id === 'string' || typeof id === 'number' ? toPrintable(String(id)) : undefined
}

/** Never throws: an application may have made getters, and they are for events only. */
function readIdentity(request: RequestLike | undefined, name: 'id' | 'route'): unknown {
  try {
    if (request === undefined) return undefined
    const identify = getMember(request, 'identify')
    return identify === undefined
      ? getMember(request, name)
      : identify(getMember(request, 'raw') ?? request)[name]
  } catch {
    return undefined
  }
}
