import { createResourceServer } from '@bearward/core'
import { AUDIENCE, type Expected, ISSUER } from '../claims.ts'
import { PEER_WITH_CACHE } from '../micro/contestants.ts'
import { fastJwtVerifier } from '../micro/fast-jwt.ts'
import { type CacheOption, NO_CACHE, WITHOUT_CACHE } from '../without-cache.ts'

const EXPECTED: Expected = { issuer: ISSUER, audience: AUDIENCE }

/** What the memory is measured beside: nothing that verifies. */
export const NONE = 'none'

/** Says whether an HS256 token is a good one; may throw instead where it is not. */
export type Verifier = (token: string) => boolean

/** By name: what makes one. */
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
  const verify = fastJwtVerifier(secret, 'HS256', EXPECTED, { cache: true })
  return (token) => verify(token) !== undefined
}
