import { createPublicKey, type JsonWebKey } from 'node:crypto'
import { createVerifier } from 'fast-jwt'
import type { Expected } from '../claims.ts'
import type { Algorithm } from '../token-pool.ts'
import { accepts, type Contestant } from './contestant.ts'

/** With a key that is there from the start, which is its fastest way: with keys of a JWK Set it is asynchronous. */
export const fastJwt = contestant({})

/** With its memory for 1,000 verified tokens, which is off unless it is asked for. */
export const fastJwtWithCache = contestant({ cache: true })

interface CacheOption {
  readonly cache?: boolean
}

function contestant(options: CacheOption): Contestant {
  return (pool, expected) => {
    const key = createPublicKey({ key: pool.jwk as JsonWebKey, format: 'jwk' })
    const pem = key.export({ format: 'pem', type: 'spki' }).toString()
    const verify = fastJwtVerifier(pem, pool.algorithm, expected, options)
    return (index) => accepts(() => verify(pool.token(index)))
  }
}

/** What fast-jwt is told wherever it takes part on its own. */
export function fastJwtVerifier(
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
