import type { Fetch } from '@bearward/core'
import { ISSUER } from './issuer.ts'

/** Behavior of the endpoint: keys, an error response, no response, or a failed connection. */
export type Behavior =
  | {
      readonly keys: readonly object[]
      readonly cacheControl?: string | undefined
      readonly age?: string | undefined
    }
  /** Responds with 429 and this `Retry-After`, only at the address of the keys or at every address. */
  | { readonly retryAfter: string; readonly of?: 'keys' }
  | 'refuse'
  | 'hang'
  | 'error'
  | 'garbage'
  | 'empty'

/** A `fetch` that returns the metadata and the keys of an issuer. The test sets its behavior. */
export interface ScriptedEndpoint {
  readonly fetch: Fetch
  /** Sets the behavior. */
  behave(behavior: Behavior): void
  /** Returns the paths that were requested since the last call of this function. */
  takeRequests(): readonly string[]
}

/** Creates an endpoint. `first` is its first behavior. */
export function scriptedEndpoint(first: Behavior): ScriptedEndpoint {
  let behavior = first
  let paths: string[] = []

  const json = (document: unknown, headers: Record<string, string> = {}) =>
    Response.json(document, { headers })

  async function respond(url: string): Promise<Response> {
    switch (behavior) {
      case 'refuse':
        throw new TypeError('fetch failed')
      case 'hang':
        return new Promise(() => {})
      case 'error':
        return new Response('', { status: 500 })
      case 'garbage':
        return new Response('<html>', { headers: { 'content-type': 'text/html' } })
      case 'empty':
        return url.endsWith('/jwks') ? json({ keys: [] }) : metadata()
      default:
        if ('retryAfter' in behavior) {
          if (behavior.of === 'keys' && !url.endsWith('/jwks')) return metadata()
          const headers = { 'retry-after': behavior.retryAfter }
          return new Response('', { status: 429, headers })
        }
        if (!url.endsWith('/jwks')) return metadata()
        return json({ keys: behavior.keys }, cacheHeaders(behavior))
    }
  }
  const metadata = () => json({ issuer: ISSUER, jwks_uri: `${ISSUER}/jwks` })

  return {
    fetch: (url) => {
      paths.push(url.slice(ISSUER.length))
      return respond(url)
    },
    behave: (next) => void (behavior = next),
    takeRequests() {
      const before = paths
      paths = []
      return before
    },
  }
}

function cacheHeaders({
  cacheControl,
  age,
}: {
  readonly cacheControl?: string | undefined
  readonly age?: string | undefined
}): Record<string, string> {
  return {
    ...(cacheControl !== undefined && { 'cache-control': cacheControl }),
    ...(age !== undefined && { age }),
  }
}
