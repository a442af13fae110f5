import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { arrayBuffer } from 'node:stream/consumers'
import { JwtVerifier } from 'aws-jwt-verify'
import { SimpleJwksCache } from 'aws-jwt-verify/jwk'
import type { RequestHandler } from 'express'
import { type Api, getJwksUri, readToken, REFUSED_BODY } from '../contestant.ts'
import { get } from '../node-http.ts'
import { createApi } from './create-api.ts'

export const api: Api = async (setup) => {
  const { issuer, audience } = setup
  const verifier = JwtVerifier.create(
    { issuer, audience, jwksUri: getJwksUri(setup) },
    { jwksCache: new SimpleJwksCache({ fetcher: overPlainHttp }) },
  )
  if (setup.prefetch) await verifier.hydrate()
  const guard: RequestHandler = async (req, res, next) => {
    try {
      await verifier.verify(readToken(req.headers.authorization))
    } catch {
      res.status(401).json(REFUSED_BODY)
      return
    }
    next()
  }
  return createApi(guard)
}

/** Fetches keys over HTTP. The fetcher of aws-jwt-verify supports HTTPS only. */
const overPlainHttp = {
  async fetch(uri: string): Promise<ArrayBuffer> {
    const [response] = (await once(get(uri), 'response')) as [IncomingMessage]
    return arrayBuffer(response)
  },
}
