import { createHmac, randomBytes } from 'node:crypto'
import { createResourceServer, type ResourceServerOptions } from '@bearward/core'
import { createVerifier } from 'fast-jwt'
import { AUDIENCE, claimsOf, ISSUER } from '../claims.ts'
import { programArgument } from '../program-argument.ts'
import { WITHOUT_CACHE } from '../without-cache.ts'
import type { Diet, Footprint } from './memory.ts'

const SECRET = randomBytes(32)
const HEADER = Buffer.from('{"alg":"HS256","typ":"at+jwt"}').toString('base64url')

const VERIFIERS: Record<Diet['verifier'], () => (token: string) => boolean> = {
  none: () => () => true,
  bearward: () => bearward({}),
  'bearward, no cache': () => bearward(WITHOUT_CACHE),
  'fast-jwt, cache': fastJwtWithCache,
}

// One verifier in a process of its own, a million tokens, and what is left of them. Each comes twice: what is
// careful about what it remembers remembers nothing that came once.
const { verifier, tokens } = programArgument() as Diet
const accepts = VERIFIERS[verifier]()
const issuedAt = Math.floor(Date.now() / 1000)
const times = { issuedAt, expiresAt: issuedAt + 3600 }

verifyTwice(tokens)
const before = heap()
for (let i = 0; i < tokens; i++) verifyTwice(i)
process.send!({
  heap: heap() - before,
  peak: process.resourceUsage().maxRSS * 1024,
} satisfies Footprint)
// Until here it could have been collected with all it holds.
verifyTwice(0)

function verifyTwice(index: number): void {
  const token = mint(index)
  if (!accepts(token) || !accepts(token)) throw new Error('a token was refused')
}

function mint(index: number): string {
  const payload = Buffer.from(JSON.stringify(claimsOf(index, times))).toString('base64url')
  const input = `${HEADER}.${payload}`
  return `${input}.${createHmac('sha256', SECRET).update(input).digest('base64url')}`
}

function heap(): number {
  globalThis.gc!()
  return process.memoryUsage().heapUsed
}

function bearward(options: Partial<ResourceServerOptions>): (token: string) => boolean {
  const server = createResourceServer({
    issuer: ISSUER,
    audience: AUDIENCE,
    secret: SECRET,
    ...options,
  } as ResourceServerOptions)
  const guard = server.guard()
  return (token) => {
    const authorization = `Bearer ${token}`
    const headers = { authorization }
    const headerLines = ['Authorization', authorization]
    const outcome = guard({ method: 'GET', url: '/', headerLines, headers })
    return 'kind' in outcome && outcome.kind === 'granted'
  }
}

function fastJwtWithCache(): (token: string) => boolean {
  const verify = createVerifier({
    key: SECRET,
    algorithms: ['HS256'],
    allowedIss: ISSUER,
    allowedAud: AUDIENCE,
    cache: true,
  })
  return (token) => verify(token) !== undefined
}
