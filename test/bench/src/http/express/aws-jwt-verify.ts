import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { arrayBuffer } from 'node:stream/consumers'
import { JwtVerifier } from 'aws-jwt-verify'
import { SimpleJwksCache } from 'aws-jwt-verify/jwk'
import type { RequestHandler } from 'express'
import { addressOfKeys, type Api, REFUSAL, tokenIn } from '../contestant.ts'
import { apiBehind } from './api-behind.ts'

export const api: Api = async (setup) => {
  const { issuer, audience } = setup
  const verifier = JwtVerifier.create(
    { issuer, audience, jwksUri: addressOfKeys(setup) },
    { jwksCache: new SimpleJwksCache({ fetcher: overPlainHttp }) },
  )
  if (setup.prefetch) await verifier.hydrate()
  const guard: RequestHandler = async (req, res, next) => {
    try {
      await verifier.verify(tokenIn(req.headers.authorization))
    } catch {
      res.status(401).json(REFUSAL)
      return
    }
    next()
  }
  return apiBehind(guard)
}

/** Its own fetches over https only, with `node:https`. */
const overPlainHttp = {
  async fetch(uri: string): Promise<ArrayBuffer> {
    const [response] = (await once(get(uri), 'response')) as [IncomingMessage]
    return arrayBuffer(response)
  },
}
