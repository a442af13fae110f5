import fastifyJwt, { type Secret, type TokenOrHeader } from '@fastify/jwt'
import type { onRequestAsyncHookHandler } from 'fastify'
import buildGetJwks from 'get-jwks'
import { addressOfKeys, ALGORITHM, type Api } from '../contestant.ts'
import { apiBehind } from './api-behind.ts'

export const api = contestant({})

/** With the memory of fast-jwt for 1,000 verified tokens, which is off unless it is asked for. */
export const apiWithCache = contestant({ cache: true })

function contestant(options: { readonly cache?: boolean }): Api {
  return (setup) =>
    apiBehind(async (app) => {
      const { issuer, audience } = setup
      const { origin, pathname } = new URL(addressOfKeys(setup))
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
