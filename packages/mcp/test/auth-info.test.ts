import { describe, expect, it } from 'vitest'
import type { AccessToken } from '@bearward/core'
import { toApiKeyToken } from '@bearward/core/internal-guards'
import { createAuthInfo, getAccessToken, toAccessToken } from '../src/auth-info.ts'
import { fakeClock } from '../../../test/support/fake-clock.ts'
import { createServer, issuer, RESOURCE } from './setup.ts'

const presented = issuer.token({ claims: { scope: 'read write', tenant: 'a' } })

/** The option `introspection.maxAge` of issuers. */
const AGES = new Map([[issuer.issuer, 60]])
const SERVER = {
  clock: fakeClock(1000),
  resource: RESOURCE,
  getIntrospectionAge: (name: string) => AGES.get(name) ?? 0,
}
const WITHOUT_RESOURCE = { ...SERVER, resource: undefined }

async function verify(token = presented): Promise<AccessToken> {
  const outcome = await createServer().verify(token)
  if (outcome.kind !== 'granted') throw new TypeError(outcome.reason)
  return outcome.token
}

describe('createAuthInfo', () => {
  it('createAuthInfo returns the members that the SDKs read', async () => {
    const token = await verify()
    const info = createAuthInfo(token, 'shown', SERVER)
    expect(info).toEqual({
      token: 'shown',
      clientId: 'reports-cron',
      scopes: ['read', 'write'],
      expiresAt: token.expiresAt,
      resource: new URL(RESOURCE),
      extra: { issuer: token.issuer, subject: token.subject, claims: token.claims },
    })
    expect(info.resource).toBeInstanceOf(URL)
    expect(info.expiresAt).toBeTypeOf('number')
    expect(info.extra.claims['tenant']).toBe('a')
  })

  it('createAuthInfo returns scopes that handlers can change without a change of the token', async () => {
    const token = await verify()
    const info = createAuthInfo(token, 'shown', WITHOUT_RESOURCE)
    info.scopes.push('admin')
    info.extra = { ...info.extra, issuer: 'other' }
    expect(token.scopes).toEqual(['read', 'write'])
    expect(token.hasScope('admin')).toBe(false)
    expect(getAccessToken(info)).toBe(token)
  })

  it('createAuthInfo returns an empty clientId for a token without a client, and no resource if the option resource is missing', async () => {
    const token = await verify(issuer.token({ claims: { client_id: undefined } }))
    const info = createAuthInfo(token, 'shown', WITHOUT_RESOURCE)
    expect(info.clientId).toBe('')
    expect(Object.keys(info)).not.toContain('resource')
  })

  it('createAuthInfo returns the expiry of the token, or a time from introspection.maxAge for an opaque token without exp', async () => {
    const expiry = (token: AccessToken) => createAuthInfo(token, 's', SERVER).expiresAt
    const opaque: AccessToken = {
      ...(await verify()),
      verifiedBy: 'introspection',
      expiresAt: undefined,
    }
    expect(expiry(toApiKeyToken({ expiresAt: 100 }))).toBe(100)
    expect(expiry(opaque)).toBe(1000 + AGES.get(opaque.issuer)!)
    expect(expiry({ ...opaque, issuer: 'https://other.example.com' })).toBe(1001)
    expect(Object.keys(createAuthInfo(toApiKeyToken({}), 's', SERVER))).not.toContain('expiresAt')
  })

  it('the JSON of an authInfo contains neither the token nor a part of it', async () => {
    const text = JSON.stringify(createAuthInfo(await verify(), 'shown', SERVER))
    expect(JSON.parse(text)).toMatchObject({ token: 'shown', resource: RESOURCE })
    for (const part of presented.split('.')) expect(text).not.toContain(part)
  })

  it('the JSON of an authInfo for an API key contains the data of the owner, the issuer api-key, and the given text as token', () => {
    const token = toApiKeyToken({ subject: { kind: 'machine', id: 'cron' }, claims: { a: 1 } })
    expect(JSON.parse(JSON.stringify(createAuthInfo(token, 's', WITHOUT_RESOURCE)))).toEqual({
      token: 's',
      clientId: '',
      scopes: [],
      extra: {
        issuer: 'api-key',
        subject: {
          kind: 'machine',
          id: 'cron',
          evidence: { level: 'configured', rules: ['api_key'], claims: [] },
        },
        claims: { a: 1 },
      },
    })
  })
})

describe('getAccessToken', () => {
  const WRONG = /^Pass the authInfo that the guard has created, not a copy of it\./

  it('getAccessToken returns the token of an authInfo', async () => {
    const token = await verify()
    expect(getAccessToken(createAuthInfo(token, 'shown', WITHOUT_RESOURCE))).toBe(token)
  })

  it('getAccessToken throws a TypeError for copies of an authInfo, for other objects and for undefined', async () => {
    const token = await verify()
    const info = createAuthInfo(token, 'shown', WITHOUT_RESOURCE)
    for (const other of [
      { ...info },
      structuredClone({ ...info, extra: {} }),
      Object.create(info) as object,
      JSON.parse(JSON.stringify(info)) as object,
      token,
      {},
      'shown' as never,
      null as never,
      undefined,
    ]) {
      expect(() => getAccessToken(other)).toThrow(TypeError)
      expect(() => getAccessToken(other)).toThrow(WRONG)
    }
  })
})

describe('toAccessToken', () => {
  it('toAccessToken returns an access token unchanged, and the token of an authInfo', async () => {
    const token = await verify()
    const info = createAuthInfo(token, 'shown', WITHOUT_RESOURCE)
    expect(toAccessToken(token)).toBe(token)
    expect(toAccessToken(info)).toBe(token)
    expect(() => toAccessToken({ ...info })).toThrow(TypeError)
  })
})
