import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { arrayBuffer } from 'node:stream/consumers'
import { JwtVerifier } from 'aws-jwt-verify'
import { SimpleJwksCache } from 'aws-jwt-verify/jwk'
import { type CreateVerifier, getJwksUri, readToken } from './contestant.ts'
import { get } from './node-http.ts'

export const createAwsVerifier: CreateVerifier = async (setup) => {
  const { issuer, audience } = setup
  const verifier = JwtVerifier.create(
    { issuer, audience, jwksUri: getJwksUri(setup) },
    { jwksCache: new SimpleJwksCache({ fetcher: overPlainHttp }) },
  )
  if (setup.prefetch) await verifier.hydrate()
  return async (authorization) => {
    try {
      await verifier.verify(readToken(authorization))
      return true
    } catch {
      return false
    }
  }
}

/** Fetches keys over HTTP. The fetcher of aws-jwt-verify supports HTTPS only. */
const overPlainHttp = {
  async fetch(uri: string): Promise<ArrayBuffer> {
    const [response] = (await once(get(uri), 'response')) as [IncomingMessage]
    return arrayBuffer(response)
  },
}
