import { describe, expect, it } from 'vitest'
import type { AccessToken } from '@bearward/core'
import { toApiKeyToken } from '@bearward/core/internal-guards'
import { getAccessToken, toAccessToken, toAuthInfo } from '../src/auth-info.ts'
import { createServer, issuer, RESOURCE } from './setup.ts'

const presented = issuer.token({ claims: { scope: 'read write', tenant: 'a' } })

/** Verifies the token. */
async function verify(token = presented): Promise<AccessToken> {
  const outcome = await createServer().verify(token)
  if (outcome.kind !== 'granted') throw new TypeError(outcome.reason)
  return outcome.token
}

describe('toAuthInfo', () => {
  it('toAuthInfo returns the members that the SDKs read', async () => {
    const token = await verify()
    const info = toAuthInfo(token, 'shown', { resource: RESOURCE })
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

  it('toAuthInfo returns scopes that handlers can change without a change of the token', async () => {
    const token = await verify()
    const info = toAuthInfo(token, 'shown', { resource: undefined })
    info.scopes.push('admin')
    info.extra = { ...info.extra, issuer: 'other' }
    expect(token.scopes).toEqual(['read', 'write'])
    expect(token.hasScope('admin')).toBe(false)
    expect(getAccessToken(info)).toBe(token)
  })

  it('toAuthInfo returns an empty clientId for a token without a client, and no resource without the option', async () => {
    const token = await verify(issuer.token({ claims: { client_id: undefined } }))
    const info = toAuthInfo(token, 'shown', { resource: undefined })
    expect(info.clientId).toBe('')
    expect(Object.keys(info)).not.toContain('resource')
  })

  it('toAuthInfo returns the given time of expiry, or the one of the token', () => {
    const key = toApiKeyToken({})
    const expiring = toApiKeyToken({ expiresAt: 100 })
    const expiry = (...args: Parameters<typeof toAuthInfo>) => toAuthInfo(...args).expiresAt
    expect(expiry(key, 's', { resource: undefined, expiresAt: 200 })).toBe(200)
    expect(expiry(expiring, 's', { resource: undefined })).toBe(100)
    expect(Object.keys(toAuthInfo(key, 's', { resource: undefined }))).not.toContain('expiresAt')
  })

  it('the JSON of an authInfo contains neither the token nor a part of it', async () => {
    const text = JSON.stringify(toAuthInfo(await verify(), 'shown', { resource: RESOURCE }))
    expect(JSON.parse(text)).toMatchObject({ token: 'shown', resource: RESOURCE })
    for (const part of presented.split('.')) expect(text).not.toContain(part)
  })

  it('the JSON of an authInfo for an API key contains only the members of the owner', () => {
    const token = toApiKeyToken({ subject: { kind: 'machine', id: 'cron' }, claims: { a: 1 } })
    expect(JSON.parse(JSON.stringify(toAuthInfo(token, 's', { resource: undefined })))).toEqual({
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
    expect(getAccessToken(toAuthInfo(token, 'shown', { resource: undefined }))).toBe(token)
  })

  it('getAccessToken throws a TypeError for copies of an authInfo, for other objects and for undefined', async () => {
    const token = await verify()
    const info = toAuthInfo(token, 'shown', { resource: undefined })
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
    const info = toAuthInfo(token, 'shown', { resource: undefined })
    expect(toAccessToken(token)).toBe(token)
    expect(toAccessToken(info)).toBe(token)
    expect(() => toAccessToken({ ...info })).toThrow(TypeError)
  })
})
