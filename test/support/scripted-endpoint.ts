import type { Fetch } from '@bearward/core'
import { ISSUER } from './issuer.ts'

/** What the endpoint answers from now on. */
export type Behaviour =
  | {
      readonly keys: readonly object[]
      readonly cacheControl?: string | undefined
      readonly age?: string | undefined
    }
  /** 429 with this header field, from the keys alone or from all. */
  | { readonly retryAfter: string; readonly of?: 'keys' }
  | 'refuse'
  | 'hang'
  | 'error'
  | 'garbage'
  | 'empty'

/** An issuer's metadata and key set behind a replaced `fetch`: every answer is decided by the test. */
export interface ScriptedEndpoint {
  readonly fetch: Fetch
  behave(behaviour: Behaviour): void
  /** The addresses that were asked for since the last call, and forgets them. */
  asked(): readonly string[]
}

export function scriptedEndpoint(first: Behaviour): ScriptedEndpoint {
  let behaviour = first
  let asked: string[] = []

  const json = (document: unknown, headers: Record<string, string> = {}) =>
    Response.json(document, { headers })

  async function answer(url: string): Promise<Response> {
    switch (behaviour) {
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
        if ('retryAfter' in behaviour) {
          if (behaviour.of === 'keys' && !url.endsWith('/jwks')) return metadata()
          const headers = { 'retry-after': behaviour.retryAfter }
          return new Response('', { status: 429, headers })
        }
        if (!url.endsWith('/jwks')) return metadata()
        return json({ keys: behaviour.keys }, cacheHeaders(behaviour))
    }
  }
  const metadata = () => json({ issuer: ISSUER, jwks_uri: `${ISSUER}/jwks` })

  return {
    fetch: (url) => {
      asked.push(url.slice(ISSUER.length))
      return answer(url)
    },
    behave: (next) => void (behaviour = next),
    asked() {
      const before = asked
      asked = []
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
