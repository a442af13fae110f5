import { createPublicKey, type JsonWebKey } from 'node:crypto'
import { createVerifier } from 'fast-jwt'
import type { Expected } from '../claims.ts'
import type { Algorithm } from '../token-pool.ts'
import { accepts, type Contestant } from './contestant.ts'

/** Uses a key that is known from the start, which is the fastest way. If the keys come from a JWKS, fast-jwt is asynchronous. */
export const fastJwt = createContestant({})

/** Uses the cache for 1,000 verified tokens, which is off by default. */
export const fastJwtWithCache = createContestant({ cache: true })

interface CacheOption {
  readonly cache?: boolean
}

function createContestant(options: CacheOption): Contestant {
  return (pool, expected) => {
    const key = createPublicKey({ key: pool.jwk as JsonWebKey, format: 'jwk' })
    const pem = key.export({ format: 'pem', type: 'spki' }).toString()
    const verify = createFastJwtVerifier(pem, pool.algorithm, expected, options)
    return (index) => accepts(() => verify(pool.token(index)))
  }
}

/** Creates a verifier that checks the issuer and the audience. All contestants with fast-jwt but without @fastify/jwt use it. */
export function createFastJwtVerifier(
  key: string | Buffer,
  algorithm: Algorithm | 'HS256',
  { issuer, audience }: Expected,
  options: CacheOption,
): (token: string) => unknown {
  return createVerifier({
    key,
    algorithms: [algorithm],
    allowedIss: issuer,
    allowedAud: audience,
    ...options,
  })
}
