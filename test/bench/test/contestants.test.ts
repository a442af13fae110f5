import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { AUDIENCE, createTimes, ISSUER } from '../src/claims.ts'
import { APIS, BARE, FRAMEWORKS } from '../src/http/contestants.ts'
import { getContestants } from '../src/http/http.ts'
import { type JwksServer, serveJwks } from '../src/jwks-server.ts'
import {
  CONTESTANTS,
  PEER_WITH_CACHE,
  SIGNATURE_ALONE,
  VERIFIERS,
  WITH_DPOP,
} from '../src/micro/contestants.ts'
import { ALGORITHMS } from '../src/micro/micro.ts'
import { mintPool } from '../src/mint.ts'
import type { Algorithm, TokenPool } from '../src/token-pool.ts'

const pools = new Map<string, Promise<TokenPool>>()

/** Returns two tokens with these claims. Equal arguments return the same tokens, signed with the same key. */
function getPool(algorithm: Algorithm, claims: Record<string, unknown> = {}): Promise<TokenPool> {
  const name = JSON.stringify([algorithm, claims])
  const known = pools.get(name) ?? createPool(algorithm, claims)
  pools.set(name, known)
  return known
}

function createPool(algorithm: Algorithm, claims: Record<string, unknown>): Promise<TokenPool> {
  return mintPool({ algorithm, count: 2, claims }, createTimes(300))
}

const EXPIRED = { exp: 1_700_000_000 }
const OTHER_AUDIENCE = { aud: ISSUER }
const OTHER_ISSUER = { iss: 'https://elsewhere.example.com' }

describe.each(ALGORITHMS)('contestants with a key for %s', (algorithm) => {
  const supporting = [...VERIFIERS, WITH_DPOP, PEER_WITH_CACHE].filter(
    (name) => !(name === 'aws-jwt-verify' && algorithm === 'PS256'),
  )

  it.each(supporting)(
    `%s accepts valid ${algorithm} tokens and rejects all other tokens`,
    async (name) => {
      const contestant = await CONTESTANTS[name]!()
      const expected = { issuer: ISSUER, audience: AUDIENCE }
      const verifyAll = async (tokens: TokenPool) => {
        const verify = contestant(tokens, expected)!
        // The second verification may use a cache.
        return [await verify(0), await verify(1), await verify(1)]
      }
      const good = await getPool(algorithm)
      expect(await verifyAll(good)).toEqual([true, true, true])
      const bad = [good.withBadSignatures(2), good.withGarbage(2)]
      for (const claims of [EXPIRED, OTHER_AUDIENCE, OTHER_ISSUER])
        bad.push(await getPool(algorithm, claims))
      for (const tokens of bad) expect(await verifyAll(tokens)).toEqual([false, false, false])
    },
  )

  it(`the contestant crypto.verify accepts a valid ${algorithm} signature and rejects a bad one`, async () => {
    const signatureAlone = await CONTESTANTS[SIGNATURE_ALONE]!()
    const good = await getPool(algorithm)
    expect(await signatureAlone(good, { issuer: '', audience: '' })!(1)).toBe(true)
    const bad = good.withBadSignatures(2)
    expect(await signatureAlone(bad, { issuer: '', audience: '' })!(1)).toBe(false)
  })
})

describe.each(FRAMEWORKS)('contestants on %s', (framework) => {
  let good: TokenPool
  const bad: TokenPool[] = []
  const running: (Server | JwksServer)[] = []

  beforeAll(async () => {
    good = await getPool('RS256')
    bad.push(good.withBadSignatures(2), good.withGarbage(2))
  })

  afterEach(() => {
    for (const server of running.splice(0)) server.close()
  })

  async function getStatuses(contestant: string, tokens: readonly TokenPool[], keys: TokenPool) {
    const authorizationServer = await serveJwks([keys.jwk])
    const { jwksUri } = authorizationServer
    const api = await APIS[framework][contestant]!()
    const server = await api({ issuer: ISSUER, audience: AUDIENCE, jwksUri, prefetch: false })
    running.push(authorizationServer)
    return requestAll(server, tokens)
  }

  async function requestAll(server: Server, tokens: readonly TokenPool[]) {
    await once(server.listen(0, '127.0.0.1'), 'listening')
    running.push(server)
    const { port } = server.address() as AddressInfo
    const statuses: number[] = []
    for (const token of tokens) {
      const headers = { authorization: token.header(1), connection: 'close' }
      statuses.push((await fetch(`http://127.0.0.1:${port}/`, { headers })).status)
    }
    return statuses
  }

  const guarded = getContestants(framework).filter((name) => name !== BARE)
  it.each(guarded)(
    `%s on ${framework} responds with 200 to valid tokens and with 401 to all other tokens`,
    async (contestant) => {
      expect(await getStatuses(contestant, [good, good, ...bad], good)).toEqual([
        200, 200, 401, 401,
      ])
      for (const claims of [EXPIRED, OTHER_AUDIENCE, OTHER_ISSUER]) {
        const tokens = await getPool('RS256', claims)
        expect(await getStatuses(contestant, [tokens], tokens)).toEqual([401])
      }
    },
  )

  const prefetching = framework === 'Express' ? ['bearward', 'aws-jwt-verify'] : []
  it.each(prefetching)(
    `%s on ${framework} fetches its keys before it listens`,
    async (contestant) => {
      const authorizationServer = await serveJwks([good.jwk])
      const { jwksUri } = authorizationServer
      const api = await APIS[framework][contestant]!()
      const server = await api({ issuer: ISSUER, audience: AUDIENCE, jwksUri, prefetch: true })
      authorizationServer.close()
      expect(await requestAll(server, [good])).toEqual([200])
    },
  )

  it(`${framework} without a guard responds with 200 to every token`, async () => {
    expect(await getStatuses(BARE, [good, ...bad], good)).toEqual([200, 200, 200])
  })
})
