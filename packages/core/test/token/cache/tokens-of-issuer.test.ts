import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { fc } from '../../../../../test/support/property.ts'
import { LIMITS } from '../../../src/limits.ts'
import type { CachedToken } from '../../../src/token/cache/cached-token.ts'
import { TokenCache } from '../../../src/token/cache/token-cache.ts'
import { TokensOfIssuer } from '../../../src/token/cache/tokens-of-issuer.ts'
import type { TrustedIssuer } from '../../../src/token/trusted-issuers.ts'

const toHash = (text: string) => createHash('sha256').update(text).digest('base64url')

/** Creates a dynamic issuer, and its list of cached tokens. */
function createDynamic() {
  const cachedTokens = new TokensOfIssuer()
  const issuer = { dynamic: { cachedTokens, onVerified: () => {} } } as unknown as TrustedIssuer
  return { cachedTokens, issuer }
}

const staticIssuer = {} as TrustedIssuer

const createToken = (issuer: TrustedIssuer, claims: object = {}) =>
  ({ token: { claims }, issuer }) as unknown as CachedToken

/** Adds this many tokens, and returns their hashes. */
function addTokens(cache: TokenCache, issuer: TrustedIssuer, count: number, name: string) {
  return Array.from({ length: count }, (_, i) => {
    const hash = toHash(`${name}${i}`)
    cache.add(hash, createToken(issuer))
    return hash
  })
}

const isCached = (cache: TokenCache) => (hash: string) => cache.find(hash) !== undefined

describe('TokensOfIssuer', () => {
  it('TokensOfIssuer.size counts the tokens and their bytes, and oldest is the token that was added first', () => {
    const tokens = new TokensOfIssuer()
    expect([tokens.size, tokens.oldest]).toEqual([{ entries: 0, bytes: 0 }, undefined])
    tokens.add('a', 10)
    tokens.add('b', 20)
    expect([tokens.size, tokens.oldest]).toEqual([{ entries: 2, bytes: 30 }, 'a'])
    tokens.add('a', 15)
    expect([tokens.size, tokens.oldest]).toEqual([{ entries: 2, bytes: 35 }, 'b'])
    tokens.delete('b')
    tokens.delete('b')
    tokens.delete('unknown')
    expect([tokens.size, tokens.oldest]).toEqual([{ entries: 1, bytes: 15 }, 'a'])
  })

  it('TokensOfIssuer.retire() returns the hashes of all tokens, and isRetired is true afterwards', () => {
    const tokens = new TokensOfIssuer()
    tokens.add('a', 1)
    tokens.add('b', 2)
    expect(tokens.isRetired).toBe(false)
    expect(tokens.retire()).toEqual(['a', 'b'])
    expect(tokens.isRetired).toBe(true)
  })
})

describe('the part of the token cache for one dynamic issuer', () => {
  it('TokenCache.add evicts only the oldest tokens of an issuer whose tokens take a tenth of maxEntries', () => {
    const cache = new TokenCache({ maxEntries: 100, maxBytes: 10_000_000 })
    const [one, other] = [createDynamic(), createDynamic()]
    expect(LIMITS.dynamicIssuers.tokenPart).toBe(0.1)
    const ofOther = addTokens(cache, other.issuer, 10, 'other')
    const ofStatic = addTokens(cache, staticIssuer, 79, 'static')
    const ofOne = addTokens(cache, one.issuer, 5000, 'one')
    expect(ofOther.filter(isCached(cache))).toEqual(ofOther)
    expect(ofStatic.filter(isCached(cache))).toEqual(ofStatic)
    expect(ofOne.filter(isCached(cache))).toEqual(ofOne.slice(-10))
    expect(one.cachedTokens.size.entries).toBe(10)
    expect(cache.size.entries).toBe(99)
  })

  it('TokenCache.add evicts only tokens of an issuer that already uses a tenth of maxEntries, even if the cache is full', () => {
    const cache = new TokenCache({ maxEntries: 100, maxBytes: 10_000_000 })
    const { issuer } = createDynamic()
    const others = addTokens(cache, staticIssuer, 90, 'static')
    addTokens(cache, issuer, 11, 'one')
    expect(others.filter(isCached(cache))).toEqual(others)
  })

  it('TokenCache.add evicts only tokens of an issuer whose tokens take a tenth of maxBytes', () => {
    const cache = new TokenCache({ maxEntries: 5000, maxBytes: 200_000 })
    const [one, other] = [createDynamic(), createDynamic()]
    const ofOther = addTokens(cache, other.issuer, 20, 'other')
    const large = { list: Array.from({ length: 50 }, () => ({})) }
    for (let i = 0; i < 500; i++) cache.add(toHash(`one${i}`), createToken(one.issuer, large))
    expect(ofOther.filter(isCached(cache))).toEqual(ofOther)
    expect(one.cachedTokens.size.bytes).toBeLessThanOrEqual(20_000)
    expect(one.cachedTokens.size.entries).toBeGreaterThan(1)
    expect(cache.size.bytes).toBe(one.cachedTokens.size.bytes + other.cachedTokens.size.bytes)
  })

  it('TokenCache.add does not store a token that takes more than a tenth of maxBytes, and keeps the other tokens of the issuer', () => {
    const cache = new TokenCache({ maxEntries: 5000, maxBytes: 200_000 })
    const { issuer } = createDynamic()
    const small = addTokens(cache, issuer, 3, 'small')
    const claims = { list: Array.from({ length: 400 }, () => ({})) }
    cache.add(toHash('large'), createToken(issuer, claims))
    expect(small.filter(isCached(cache))).toEqual(small)
    expect(cache.find(toHash('large'))).toBeUndefined()
    // The tokens of a static issuer may use the whole cache.
    cache.add(toHash('large'), createToken(staticIssuer, claims))
    expect(cache.find(toHash('large'))).toBeDefined()
  })

  it('TokenCache.add keeps one token of an issuer even if a tenth of maxEntries is less than one', () => {
    const cache = new TokenCache({ maxEntries: 5, maxBytes: 10_000_000 })
    const { issuer } = createDynamic()
    const hashes = addTokens(cache, issuer, 3, 'one')
    expect(hashes.filter(isCached(cache))).toEqual(hashes.slice(-1))
  })

  it('TokenCache.forget removes all tokens of an issuer, and add stores no token of this issuer afterwards', () => {
    const cache = new TokenCache({ maxEntries: 100, maxBytes: 10_000_000 })
    const [one, other] = [createDynamic(), createDynamic()]
    const ofOne = addTokens(cache, one.issuer, 5, 'one')
    const ofOther = addTokens(cache, other.issuer, 5, 'other')
    cache.forget(one.issuer)
    expect(ofOne.filter(isCached(cache))).toEqual([])
    expect(one.cachedTokens.size).toEqual({ entries: 0, bytes: 0 })
    addTokens(cache, one.issuer, 5, 'one')
    expect(ofOne.filter(isCached(cache))).toEqual([])
    expect(ofOther.filter(isCached(cache))).toEqual(ofOther)
    cache.forget(one.issuer)
    cache.forget(staticIssuer)
    expect(cache.size.entries).toBe(5)
  })

  it('TokensOfIssuer.size equals the size of the tokens of the issuer in the cache, for random operations', () => {
    const operation = fc.record({
      kind: fc.constantFrom('add', 'add', 'add', 'add', 'find', 'delete', 'forget'),
      issuer: fc.nat({ max: 3 }),
      hash: fc.nat({ max: 30 }),
      length: fc.nat({ max: 40 }),
    })
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 120 }), (operations) => {
        const limits = { maxEntries: 20, maxBytes: 40_000 }
        const cache = new TokenCache(limits)
        const dynamic = Array.from({ length: 4 }, createDynamic)
        const hashes = Array.from({ length: 31 }, (_, i) => toHash(String(i)))
        for (const { kind, issuer: at, hash: i, length } of operations) {
          const { issuer } = dynamic[at]!
          const hash = hashes[i]!
          if (kind === 'find') cache.find(hash)
          else if (kind === 'delete') cache.delete(hash)
          else if (kind === 'forget') {
            cache.forget(issuer)
            dynamic[at] = createDynamic()
          } else cache.add(hash, createToken(issuer, { list: Array.from({ length }, () => ({})) }))
          let total = 0
          for (const { cachedTokens, issuer: own } of dynamic) {
            const { entries, bytes } = cachedTokens.size
            const cached = hashes.filter((each) => cache.find(each)?.issuer === own)
            expect(cached).toHaveLength(entries)
            expect(entries).toBeLessThanOrEqual(limits.maxEntries / 10)
            expect(bytes).toBeLessThanOrEqual(limits.maxBytes / 10)
            total += bytes
          }
          expect(cache.size.bytes).toBe(total)
        }
      }),
      { numRuns: 200 },
    )
  })
})
