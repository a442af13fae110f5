import { getMember } from '../lib/objects.ts'
import { toPrintable } from '../lib/quote.ts'

/**
 * A request, independent of frameworks. An adapter creates it from the request of its framework. A web `Request` is a valid
 * `RequestLike`.
 *
 * @example
 * const outcome = await guard({ method: 'GET', url: '/', headers: { authorization: 'Bearer ...' } })
 * @example
 * const outcome = await guard(new Request('https://api.example.com/', { headers }))
 */
export interface RequestLike {
  /** The request method, such as `GET`. */
  readonly method: string
  /** The request target as received (path and query), or the absolute URL. */
  readonly url: string
  /**
   * The header lines as received: name, value, name, value, as in `rawHeaders` of Node. If this array has entries, `headers` is not
   * read, because Node keeps only the first of two `Authorization` lines in `headers`.
   */
  readonly rawHeaders?: readonly string[] | undefined
  /** The header fields by name, in upper or lower case, or a web `Headers`. */
  readonly headers: HeaderFields | WebHeaders
  /**
   * The connection of the request. In Node, this is `request.socket`. Used only for the option `mtls`. Required if
   * `mtls.certificate` is `'tls'` or `{ header }`.
   */
  readonly socket?: SocketLike | undefined
  /** The route pattern, such as `/reports/:id`. Used only in events. */
  readonly route?: string | undefined
  /** The id of the request in logs. Used only in events. It must not contain a secret. */
  readonly id?: string | number | undefined
  /**
   * Returns `id` and `route` of `raw`. If this function is set, the members `id` and `route` are not read. Called only
   * for events.
   */
  readonly identify?: ((raw: object) => RequestIdentity) | undefined
  /**
   * The request of the framework, for `check`, `errorBody` and `onEvent`. Guards that are called with the same `raw` share
   * one verification.
   *
   * @default this object
   */
  readonly raw?: object
}

/** The part of a socket of Node (`node:net`, `node:tls`) that is read. */
export interface SocketLike {
  /** The address of the peer. `undefined` for a Unix socket, and after the connection has ended. */
  readonly remoteAddress?: string | undefined
  /** The server that has accepted the connection. For a Unix socket, the `address()` of this server is a path. */
  readonly server?: unknown
  /** Returns the certificate of the client. The member `raw` of the result is DER. */
  getPeerCertificate?(): unknown
  /** Returns the certificate of the client, as an `X509Certificate`. */
  getPeerX509Certificate?(): unknown
}

/** Values that identify a request in logs. */
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

/** Returns the method and the route pattern of a request, for an event. Returns `undefined` if the route is not known. */
export function getRoute(request: RequestLike | undefined): string | undefined {
  const route = readIdentity(request, 'route')
  return typeof route === 'string' ? toPrintable(`${request!.method} ${route}`) : undefined
}

/** Returns the id of a request, for an event. Returns `undefined` if the id or the request is missing. */
export function getRequestId(request: RequestLike | undefined): string | undefined {
  const id = readIdentity(request, 'id')
  return typeof id === 'string' || typeof id === 'number' ? toPrintable(String(id)) : undefined
}

/** Reads a value for events. Never throws: if a getter of the application fails, the guard must not fail. */
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
