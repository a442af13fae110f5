import { createResourceServer } from '@bearward/core'
import { createVerifier } from 'fast-jwt'
import { AUDIENCE, ISSUER } from '../claims.ts'
import { type CacheOption, NO_CACHE, WITHOUT_CACHE } from '../without-cache.ts'

/** Says whether an HS256 token is a good one; may throw instead where it is not. */
export type Verifier = (token: string) => boolean

/** By name: what makes one. */
export const VERIFIERS: Readonly<Record<string, (secret: Buffer) => Verifier>> = {
  none: () => () => true,
  bearward: (secret) => bearward(secret, {}),
  [NO_CACHE]: (secret) => bearward(secret, WITHOUT_CACHE),
  'fast-jwt, cache': fastJwtWithCache,
}

function bearward(secret: Buffer, cache: CacheOption): Verifier {
  const server = createResourceServer({ issuer: ISSUER, audience: AUDIENCE, secret, ...cache })
  const guard = server.guard()
  return (token) => {
    const authorization = `Bearer ${token}`
    const headers = { authorization }
    const headerLines = ['Authorization', authorization]
    const outcome = guard({ method: 'GET', url: '/', headerLines, headers })
    return 'kind' in outcome && outcome.kind === 'granted'
  }
}

function fastJwtWithCache(secret: Buffer): Verifier {
  const verify = createVerifier({
    key: secret,
    algorithms: ['HS256'],
    allowedIss: ISSUER,
    allowedAud: AUDIENCE,
    cache: true,
  })
  return (token) => verify(token) !== undefined
}
