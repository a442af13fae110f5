import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { AUDIENCE, ISSUER, timesFor } from '../src/claims.ts'
import { APIS, BARE, FRAMEWORKS } from '../src/http/contestants.ts'
import { contestantsOn } from '../src/http/http.ts'
import { type JwksServer, serveJwks } from '../src/jwks-server.ts'
import { CONTESTANTS, FLOOR, PEER_WITH_CACHE, VERIFIERS } from '../src/micro/contestants.ts'
import { ALGORITHMS } from '../src/micro/micro.ts'
import { mint } from '../src/mint.ts'
import type { Algorithm, TokenPool } from '../src/token-pool.ts'

const pools = new Map<string, Promise<TokenPool>>()

/** Two tokens with these claims; the same ones, with the same key, for all that ask for them. */
function pool(algorithm: Algorithm, claims: Record<string, unknown> = {}): Promise<TokenPool> {
  const name = JSON.stringify([algorithm, claims])
  const known = pools.get(name) ?? minted(algorithm, claims)
  pools.set(name, known)
  return known
}

function minted(algorithm: Algorithm, claims: Record<string, unknown>): Promise<TokenPool> {
  return mint({ algorithm, count: 2, claims }, timesFor(300))
}

const EXPIRED = { exp: 1_700_000_000 }
const STRAY = { aud: ISSUER }
const FOREIGN = { iss: 'https://elsewhere.example.com' }

describe.each(ALGORITHMS)('with a key for %s', (algorithm) => {
  const supporting = [...VERIFIERS, PEER_WITH_CACHE].filter(
    (name) => !(name === 'aws-jwt-verify' && algorithm === 'PS256'),
  )

  it.each(supporting)('%s accepts good tokens and no others', async (name) => {
    const contestant = await CONTESTANTS[name]!()
    const expected = { issuer: ISSUER, audience: AUDIENCE }
    const verdicts = async (tokens: TokenPool) => {
      const verify = contestant(tokens, expected)!
      // The second time it may be remembered.
      return [await verify(0), await verify(1), await verify(1)]
    }
    const good = await pool(algorithm)
    expect(await verdicts(good)).toEqual([true, true, true])
    const bad = [good.withBadSignatures(2), good.withGarbage(2)]
    for (const claims of [EXPIRED, STRAY, FOREIGN]) bad.push(await pool(algorithm, claims))
    for (const tokens of bad) expect(await verdicts(tokens)).toEqual([false, false, false])
  })

  it('the signature alone is verified', async () => {
    const signatureAlone = await CONTESTANTS[FLOOR]!()
    const good = await pool(algorithm)
    expect(await signatureAlone(good, { issuer: '', audience: '' })!(1)).toBe(true)
    const bad = good.withBadSignatures(2)
    expect(await signatureAlone(bad, { issuer: '', audience: '' })!(1)).toBe(false)
  })
})

describe.each(FRAMEWORKS)('on %s', (framework) => {
  let good: TokenPool
  const bad: TokenPool[] = []
  const running: (Server | JwksServer)[] = []

  beforeAll(async () => {
    good = await pool('RS256')
    bad.push(good.withBadSignatures(2), good.withGarbage(2))
  })

  afterEach(() => {
    for (const server of running.splice(0)) server.close()
  })

  async function statuses(contestant: string, tokens: readonly TokenPool[], keys: TokenPool) {
    const authorizationServer = await serveJwks([keys.jwk])
    const { jwksUri } = authorizationServer
    const api = await APIS[framework][contestant]!()
    const server = await api({ issuer: ISSUER, audience: AUDIENCE, jwksUri, prefetch: false })
    running.push(authorizationServer)
    return statusesOf(server, tokens)
  }

  async function statusesOf(server: Server, tokens: readonly TokenPool[]) {
    await once(server.listen(0, '127.0.0.1'), 'listening')
    running.push(server)
    const { port } = server.address() as AddressInfo
    const found: number[] = []
    for (const token of tokens) {
      const headers = { authorization: token.header(1), connection: 'close' }
      found.push((await fetch(`http://127.0.0.1:${port}/`, { headers })).status)
    }
    return found
  }

  const guarded = contestantsOn(framework).filter((name) => name !== BARE)
  it.each(guarded)('%s answers good tokens with 200 and others with 401', async (contestant) => {
    expect(await statuses(contestant, [good, good, ...bad], good)).toEqual([200, 200, 401, 401])
    for (const claims of [EXPIRED, STRAY, FOREIGN]) {
      const tokens = await pool('RS256', claims)
      expect(await statuses(contestant, [tokens], tokens)).toEqual([401])
    }
  })

  const prefetching = framework === 'Express' ? ['bearward', 'aws-jwt-verify'] : []
  it.each(prefetching)('%s can fetch its keys before it listens', async (contestant) => {
    const authorizationServer = await serveJwks([good.jwk])
    const { jwksUri } = authorizationServer
    const api = await APIS[framework][contestant]!()
    const server = await api({ issuer: ISSUER, audience: AUDIENCE, jwksUri, prefetch: true })
    authorizationServer.close()
    expect(await statusesOf(server, [good])).toEqual([200])
  })

  it('the bare framework asks for nothing', async () => {
    expect(await statuses(BARE, [good, ...bad], good)).toEqual([200, 200, 200])
  })
})
