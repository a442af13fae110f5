import { createResourceServer } from '@bearward/core'
import { AUDIENCE, type Expected, ISSUER } from '../claims.ts'
import { PEER_WITH_CACHE } from '../micro/contestants.ts'
import { createFastJwtVerifier } from '../micro/fast-jwt.ts'
import { type CacheOption, NO_CACHE, WITHOUT_CACHE } from '../without-cache.ts'

const EXPECTED: Expected = { issuer: ISSUER, audience: AUDIENCE }

/** Baseline that verifies nothing. */
export const NONE = 'none'

/** Returns whether an HS256 token is valid. May throw if the token is not valid. */
export type Verifier = (token: string) => boolean

/** Functions that create a verifier, by name. */
export const HS256_VERIFIERS: Readonly<Record<string, (secret: Buffer) => Verifier>> = {
  [NONE]: () => () => true,
  bearward: (secret) => bearward(secret, {}),
  [NO_CACHE]: (secret) => bearward(secret, WITHOUT_CACHE),
  [PEER_WITH_CACHE]: fastJwtWithCache,
}

function bearward(secret: Buffer, cache: CacheOption): Verifier {
  const server = createResourceServer({ ...EXPECTED, secret, ...cache })
  const guard = server.guard()
  return (token) => {
    const authorization = `Bearer ${token}`
    const headers = { authorization }
    const rawHeaders = ['Authorization', authorization]
    const outcome = guard({ method: 'GET', url: '/', rawHeaders, headers })
    return 'kind' in outcome && outcome.kind === 'granted'
  }
}

function fastJwtWithCache(secret: Buffer): Verifier {
  const verify = createFastJwtVerifier(secret, 'HS256', EXPECTED, { cache: true })
  return (token) => verify(token) !== undefined
}
