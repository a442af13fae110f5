import { createPublicKey, type JsonWebKey } from 'node:crypto'
import { createVerifier } from 'fast-jwt'
import { accepts, type Contestant } from './contestant.ts'

/** With a key that is there from the start, which is its fastest way: with keys of a JWK Set it is asynchronous. */
export const fastJwt = contestant({})

/** With its memory for 1,000 verified tokens, which is off unless it is asked for. */
export const fastJwtWithCache = contestant({ cache: true })

function contestant(options: { readonly cache?: boolean }): Contestant {
  return (pool, { issuer, audience }) => {
    const key = createPublicKey({ key: pool.jwk as JsonWebKey, format: 'jwk' })
    const verify = createVerifier({
      key: key.export({ format: 'pem', type: 'spki' }).toString(),
      algorithms: [pool.algorithm],
      allowedIss: issuer,
      allowedAud: audience,
      ...options,
    })
    return (index) => accepts(() => verify(pool.token(index)))
  }
}
