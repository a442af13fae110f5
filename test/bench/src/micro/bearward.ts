import { createResourceServer, memoryReplay, type ResourceServerOptions } from '@bearward/core'
import { type CacheOption, WITHOUT_CACHE } from '../without-cache.ts'
import type { Contestant } from './contestant.ts'

/** Runs the whole pipeline: credentials, issuer, signature, claims, frozen token and outcome. */
export const bearward = createContestant({})

export const bearwardWithoutCache = createContestant(WITHOUT_CACHE)

/** Accepts bound tokens, too. The measured tokens are not bound. */
export const bearwardWithDpop = createContestant({
  publicUrl: 'https://api.example.com',
  dpop: { replay: memoryReplay() },
})

function createContestant(
  options: CacheOption | Pick<ResourceServerOptions, 'publicUrl' | 'dpop'>,
): Contestant {
  return (pool, { issuer, audience }) => {
    const jwks = { keys: [pool.jwk] }
    const algorithms = [pool.algorithm]
    const server = createResourceServer({ issuer, audience, jwks, algorithms, ...options })
    const guard = server.guard()
    const granted = ({ kind }: { readonly kind: string }) => kind === 'granted'
    return (index) => {
      const authorization = pool.header(index)
      const outcome = guard({
        method: 'GET',
        url: '/',
        rawHeaders: [
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
