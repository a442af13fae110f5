import fastifyJwt, { type Secret, type TokenOrHeader } from '@fastify/jwt'
import type { onRequestAsyncHookHandler } from 'fastify'
import buildGetJwks from 'get-jwks'
import { ALGORITHM, type Api, getJwksUri } from '../contestant.ts'
import { createApi } from './create-api.ts'

export const api = createContestant({})

/** API with the cache of fast-jwt for 1,000 verified tokens. The cache is off by default. */
export const apiWithCache = createContestant({ cache: true })

function createContestant(options: { readonly cache?: boolean }): Api {
  return (setup) =>
    createApi(async (app) => {
      const { issuer, audience } = setup
      const { origin, pathname } = new URL(getJwksUri(setup))
      const keys = buildGetJwks({ jwksPath: pathname })
      const secret: Secret = async (_request: unknown, token: TokenOrHeader) => {
        const { kid, alg } = 'header' in token ? token.header : token
        return keys.getPublicKey({ kid, alg, domain: origin })
      }
      await app.register(fastifyJwt, {
        secret,
        decode: { complete: true },
        verify: {
          algorithms: [ALGORITHM],
          allowedIss: issuer,
          allowedAud: audience,
          ...options,
        },
      })
      const guard: onRequestAsyncHookHandler = async (request) => {
        await request.jwtVerify()
      }
      return guard
    })
}
