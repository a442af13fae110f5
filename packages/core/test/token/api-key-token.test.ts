import { describe, expect, it } from 'vitest'
import { API_KEY_ISSUER, ApiKeyOwnerError, toApiKeyToken } from '../../src/token/api-key-token.ts'
import { withPollutedPrototype } from '../support/with-polluted-prototype.ts'

/** Returns the message of the error that `toApiKeyToken` throws for an owner. */
function errorOf(owner: unknown): string {
  try {
    toApiKeyToken(owner)
  } catch (error) {
    expect(error).toBeInstanceOf(ApiKeyOwnerError)
    expect(error).toBeInstanceOf(TypeError)
    return (error as Error).message
  }
  return 'no error'
}

/** Returns whether a value and all values inside it are frozen. */
function isDeeplyFrozen(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true
  return Object.isFrozen(value) && Object.values(value).every(isDeeplyFrozen)
}

describe('toApiKeyToken', () => {
  it('toApiKeyToken returns a token with the members of the owner', () => {
    const token = toApiKeyToken({
      subject: { kind: 'user', id: 'ada' },
      scopes: ['read', 'write'],
      clientId: 'web',
      expiresAt: 1_900_000_000.5,
      claims: { tenant: 'a', roles: ['editor'] },
    })
    expect(token).toMatchObject({
      issuer: API_KEY_ISSUER,
      audience: [],
      subject: { kind: 'user', id: 'ada', clientId: 'web' },
      clientId: 'web',
      scopes: ['read', 'write'],
      expiresAt: 1_900_000_000.5,
      claims: { tenant: 'a', roles: ['editor'] },
      verifiedBy: 'api_key',
      bindings: [],
    })
    expect(token.subject.evidence).toMatchObject({ level: 'configured', rules: ['api_key'] })
    expect([token.hasScope('read'), token.hasScope('admin')]).toEqual([true, false])
  })

  it('toApiKeyToken returns a token without scopes and with an unknown subject for an empty object', () => {
    const token = toApiKeyToken({})
    expect(token).toMatchObject({
      issuer: 'api-key',
      subject: { kind: 'unknown', evidence: { level: 'none', reason: 'no_evidence' } },
      clientId: undefined,
      scopes: [],
      expiresAt: undefined,
      issuedAt: undefined,
      notBefore: undefined,
      claims: {},
    })
    expect(Object.keys(token.subject)).not.toContain('id')
    expect(toApiKeyToken({ clientId: 'web' }).subject).toMatchObject({
      kind: 'unknown',
      clientId: 'web',
    })
  })

  it('toApiKeyToken returns claims with every kind of JSON value, and with members that are undefined', () => {
    const claims = { a: null, b: [1, true, [{}]], c: { d: 'e' }, f: undefined }
    expect(toApiKeyToken({ claims }).claims).toEqual(claims)
  })

  it('toApiKeyToken of claims with more than 32 levels or 2000 values throws an ApiKeyOwnerError at once', () => {
    let deep: object = {}
    for (let level = 0; level < 32; level++) deep = { deep }
    let shared: unknown = 'a'
    for (let level = 0; level < 30; level++) shared = [shared, shared]
    const many = { many: Array.from({ length: 2001 }, () => 1) }
    for (const claims of [deep, { shared }, many, { sparse: Array(10_000_000) }])
      expect(errorOf({ claims })).toBe(`a wrong result: it must be ${JSON_CLAIMS}`)
  })

  it('toApiKeyToken removes members named __proto__ from claims', () => {
    const claims = JSON.parse('{"a": {"__proto__": {"admin": true}}, "__proto__": {"admin": true}}')
    const token = toApiKeyToken({ claims: claims as object })
    expect(token.claims).toEqual({ a: {} })
    expect(Object.assign({}, token.claims)).not.toHaveProperty('admin')
  })

  it('toApiKeyToken of claims with a bigint throws an ApiKeyOwnerError', () => {
    expect(errorOf({ claims: { id: 7n } })).toBe(`a wrong result: it must be ${JSON_CLAIMS}`)
  })

  it('API_KEY_ISSUER, the issuer of each token that toApiKeyToken returns, is not an address', () => {
    expect(URL.canParse(API_KEY_ISSUER)).toBe(false)
  })

  const OBJECT = 'an object, not '
  const MEMBERS = 'an object with only these members: subject, scopes, clientId, expiresAt, claims'
  const SUBJECT = "an object with { kind: 'machine' or 'user', id: text } as subject"
  const SCOPES = 'an object with an array of texts as scopes'
  const CLIENT = 'an object with a text as clientId'
  const EXPIRY = 'an object with a number of seconds (not milliseconds) as expiresAt'
  const CLAIMS = 'an object with an object as claims'
  const JSON_CLAIMS = 'an object with JSON values as claims, within the limits for tokens'

  it.each<[owner: unknown, expected: string]>([
    [undefined, `${OBJECT}undefined`],
    [null, `${OBJECT}null`],
    [true, `${OBJECT}a boolean`],
    ['cron', `${OBJECT}a string`],
    [['cron'], `${OBJECT}an array`],
    [() => ({}), `${OBJECT}a function`],
    [Promise.resolve({}), `${OBJECT}a promise (await it)`],
    [
      Object.create({ scopes: ['read'] }) as object,
      `${OBJECT}an object with inherited or hidden members, such as an instance of a class`,
    ],
    [{ scope: 'read' }, MEMBERS],
    [{ id: 'cron', scopes: ['read'] }, MEMBERS],
    [{ subject: null }, SUBJECT],
    [{ subject: 'cron' }, SUBJECT],
    [{ subject: {} }, SUBJECT],
    [{ subject: { kind: 'machine' } }, SUBJECT],
    [{ subject: { kind: 'robot', id: 'cron' } }, SUBJECT],
    [{ subject: { kind: 'unknown', id: 'cron' } }, SUBJECT],
    [{ subject: { kind: 'user', id: '' } }, SUBJECT],
    [{ subject: { kind: 'user', id: 7 } }, SUBJECT],
    [{ subject: Object.create({ kind: 'user', id: 'ada' }) as object }, SUBJECT],
    [{ scopes: null }, SCOPES],
    [{ scopes: 'read write' }, SCOPES],
    [{ scopes: ['read', ''] }, SCOPES],
    [{ scopes: ['read', 7] }, SCOPES],
    [{ scopes: Array(1) }, SCOPES],
    [{ scopes: new Set(['read']) }, SCOPES],
    [{ clientId: null }, CLIENT],
    [{ clientId: '' }, CLIENT],
    [{ clientId: 7 }, CLIENT],
    [{ expiresAt: null }, EXPIRY],
    [{ claims: { since: new Date(0) } }, JSON_CLAIMS],
    [{ claims: { share: NaN } }, JSON_CLAIMS],
    [{ claims: { share: [1, Infinity] } }, JSON_CLAIMS],
    [{ claims: { roles: [{ all: new Set(['a']) }] } }, JSON_CLAIMS],
    [{ claims: { roles: [undefined] } }, JSON_CLAIMS],
    [{ claims: { roles: Array(1) } }, JSON_CLAIMS],
    [{ claims: { bytes: new Uint8Array(1) } }, JSON_CLAIMS],
    [{ claims: { roles: Object.assign(['a'], { b: 'c' }) } }, JSON_CLAIMS],
    [{ expiresAt: NaN }, EXPIRY],
    [{ expiresAt: Infinity }, EXPIRY],
    [{ expiresAt: 1_900_000_000_000 }, EXPIRY],
    [{ expiresAt: '1900000000' }, EXPIRY],
    [{ expiresAt: new Date() }, EXPIRY],
    [{ claims: null }, CLAIMS],
    [{ claims: [] }, CLAIMS],
    [{ claims: 'tenant' }, CLAIMS],
    [{ claims: new Map() }, CLAIMS],
  ])('toApiKeyToken of %j throws an ApiKeyOwnerError', (owner, expected) => {
    expect(errorOf(owner)).toBe(`a wrong result: it must be ${expected}`)
  })

  it('toApiKeyToken throws for claims that cannot be copied or read', () => {
    const cyclic: { self?: unknown } = {}
    cyclic.self = cyclic
    const failing = {
      get tenant() {
        throw new Error('no')
      },
    }
    for (const claims of [{ call: () => {} }, { symbol: Symbol('a') }, cyclic, failing])
      expect(() => toApiKeyToken({ claims })).toThrow()
  })

  it('toApiKeyToken returns a token whose values are all frozen', () => {
    const token = toApiKeyToken({
      subject: { kind: 'machine', id: 'cron' },
      scopes: ['read'],
      claims: { nested: { roles: ['editor'] } },
    })
    expect(isDeeplyFrozen(token)).toBe(true)
    expect(Object.isFrozen(token.hasScope)).toBe(true)
    expect(isDeeplyFrozen(toApiKeyToken({}))).toBe(true)
  })

  it('toApiKeyToken copies the owner, so later changes of the owner have no effect', () => {
    const owner = {
      subject: { kind: 'machine', id: 'cron' },
      scopes: ['read'],
      claims: { nested: { roles: ['editor'] } },
    }
    const token = toApiKeyToken(owner)
    owner.subject.id = 'other'
    owner.scopes.push('admin')
    owner.claims.nested.roles.push('admin')
    expect(token).toMatchObject({
      subject: { id: 'cron' },
      scopes: ['read'],
      claims: { nested: { roles: ['editor'] } },
    })
    expect(token.hasScope('admin')).toBe(false)
    expect(Object.isFrozen(owner.claims)).toBe(false)
  })

  it('toApiKeyToken reads each member of the owner once', () => {
    let reads = 0
    const owner = {
      get scopes() {
        reads += 1
        return reads === 1 ? ['read'] : ['admin']
      },
    }
    expect(toApiKeyToken(owner).scopes).toEqual(['read'])
    expect(reads).toBe(1)
  })

  it('toApiKeyToken ignores members of Object.prototype', () => {
    const members = { scopes: ['admin'], clientId: 'other', kind: 'user', id: 'ada' }
    const token = withPollutedPrototype(members, () => {
      const { scopes, clientId, subject } = toApiKeyToken({ claims: { a: 1 } })
      return [[...scopes], clientId, subject.kind]
    })
    expect(token).toEqual([[], undefined, 'unknown'])
    const thrown = withPollutedPrototype(members, () => {
      try {
        return toApiKeyToken({ subject: {} })
      } catch (error) {
        return error
      }
    })
    expect(thrown).toBeInstanceOf(ApiKeyOwnerError)
  })

  it('the messages of ApiKeyOwnerError contain no value of the owner', () => {
    for (const owner of [
      'sk_secret',
      { sk_secret: 1 },
      { subject: 'sk_secret' },
      { scopes: 'sk_secret' },
      { scopes: ['sk_secret', 7] },
      { expiresAt: 'sk_secret' },
      { claims: 'sk_secret' },
    ])
      expect(errorOf(owner)).not.toContain('secret')
  })
})
