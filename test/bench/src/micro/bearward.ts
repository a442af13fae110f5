import { createResourceServer, type ResourceServerOptions } from '@bearward/core'
import type { Contestant } from './contestant.ts'

/** The whole way of a request: credentials, issuer, signature, claims, the frozen token, the outcome. */
export const bearward = bearwardWith({})

export function bearwardWith(options: Partial<ResourceServerOptions>): Contestant {
  return (pool, { issuer, audience }) => {
    const keys = { keys: [pool.jwk] }
    const server = createResourceServer({
      issuer,
      audience,
      keys,
      algorithms: [pool.algorithm],
      ...options,
    } as ResourceServerOptions)
    const guard = server.guard()
    const granted = ({ kind }: { readonly kind: string }) => kind === 'granted'
    return (index) => {
      const authorization = pool.header(index)
      const outcome = guard({
        method: 'GET',
        url: '/',
        headerLines: [
          'Host',
          'api.example.com',
          'Accept',
          'application/json',
          'Authorization',
          authorization,
        ],
        headers: { host: 'api.example.com', accept: 'application/json', authorization },
      })
      return outcome instanceof Promise ? outcome.then(granted) : granted(outcome)
    }
  }
}
