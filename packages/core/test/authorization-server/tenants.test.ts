import { calculateJwkThumbprint } from 'jose'
import { describe, expect, it } from 'vitest'
import { AUDIENCE, createTestIssuer } from '../../../../test/support/issuer.ts'
import { generateKey } from '../../../../test/support/keys.ts'
import { requestWith } from '../../../../test/support/requests.ts'
import { createResourceServer, type ResourceServerOptions } from '../../src/index.ts'
import { isIssuerOrTenant } from '../../src/authorization-server/tenants.ts'

const LOGIN = 'https://login.microsoftonline.com'
const TEMPLATE = `${LOGIN}/{tenantid}/v2.0`
const [OURS, PARTNER, STRANGER] = ['11111111-aaaa', '22222222-bbbb', '33333333-cccc'] as const
const issuerOf = (tenant: string) => `${LOGIN}/${tenant}/v2.0`

const key = generateKey('RS256', 'of-all')
const consumers = generateKey('RS256', 'of-consumers')
const minted = createTestIssuer()

/** A resource server for two tenants, before a server that publishes keys of several issuers in one set. */
function setup(options: Record<string, unknown> = {}) {
  const asked: string[] = []
  const documents: Record<string, unknown> = {
    [`${LOGIN}/organizations/v2.0/.well-known/openid-configuration`]: {
      issuer: TEMPLATE,
      jwks_uri: `${LOGIN}/common/discovery/v2.0/keys`,
    },
    [`${LOGIN}/common/discovery/v2.0/keys`]: {
      keys: [
        { ...key.jwk, issuer: TEMPLATE },
        { ...consumers.jwk, issuer: issuerOf(STRANGER) },
      ],
    },
  }
  const server = createResourceServer({
    issuer: TEMPLATE,
    tenants: [OURS, PARTNER],
    audience: AUDIENCE,
    fetch: async (url: string) => {
      asked.push(url)
      return Response.json(documents[url] ?? {}, { status: url in documents ? 200 : 404 })
    },
    ...options,
  })
  async function judge(tenant: string, claims: Record<string, unknown> = {}, signer = key) {
    const token = minted.token({
      key: signer,
      claims: { iss: issuerOf(tenant), tid: tenant, ...claims },
    })
    return server.authorize(requestWith(token))
  }
  return { server, judge, asked }
}

describe('an issuer of many tenants', () => {
  it('accepts the tokens of the tenants that are named, with one set of keys', async () => {
    const { judge, asked, server } = setup()
    expect(await judge(OURS)).toMatchObject({ kind: 'granted', token: { issuer: issuerOf(OURS) } })
    expect(await judge(PARTNER)).toMatchObject({ token: { issuer: issuerOf(PARTNER) } })
    expect(asked).toHaveLength(2)
    expect(server.status()).toEqual([
      {
        issuer: TEMPLATE,
        keys: expect.objectContaining({ state: 'fresh' }),
        closed: false,
      },
    ])
  })

  it('refuses the tokens of other tenants without asking anybody', async () => {
    const { judge, asked } = setup()
    for (const tenant of [STRANGER, '{tenantid}', 'organizations', 'common', `${OURS}/x`, '']) {
      expect(await judge(tenant)).toMatchObject({ reason: 'unknown_issuer' })
    }
    expect(asked).toEqual([])
  })

  it('refuses a token whose tid is not the tenant of its iss', async () => {
    const { judge } = setup()
    for (const tid of [PARTNER, STRANGER, undefined, null, [OURS]]) {
      expect(await judge(OURS, { tid })).toMatchObject({ status: 401, reason: 'invalid_claim' })
    }
  })

  it('9068-08: never lets a key of one issuer sign for another, though they stand in one set', async () => {
    const { judge } = setup()
    expect(await judge(OURS, {}, consumers)).toMatchObject({ status: 401, reason: 'unknown_key' })
    const theirs = setup({ tenants: [STRANGER] })
    expect(await theirs.judge(STRANGER, {}, consumers)).toMatchObject({ kind: 'granted' })
  })

  it('takes the name of all tenants, or of one, where a guard names issuers', async () => {
    const { server } = setup()
    const allow = async (issuer: string, tenant: string) => {
      const token = minted.token({ key, claims: { iss: issuerOf(tenant), tid: tenant } })
      const outcome = await server.authorize(requestWith(token), { issuer })
      return outcome.kind
    }
    expect(await allow(TEMPLATE, PARTNER)).toBe('granted')
    expect(await allow(issuerOf(OURS), OURS)).toBe('granted')
    expect(await allow(issuerOf(OURS), PARTNER)).toBe('refused')
    expect(() => server.guard({ issuer: issuerOf(STRANGER) })).toThrow('configured issuers')
    expect(() =>
      server.guard({ clients: ['app', { issuer: TEMPLATE, clientId: 'other' }] }),
    ).not.toThrow()
  })

  it('can have a key distrusted by the name of a tenant, or of all', async () => {
    for (const name of [TEMPLATE, issuerOf(OURS)]) {
      const { judge, server } = setup()
      expect(await judge(OURS)).toMatchObject({ kind: 'granted' })
      server.distrustKey({ issuer: name, thumbprint: await calculateJwkThumbprint(key.jwk) })
      expect(await judge(OURS)).toMatchObject({ reason: 'unknown_key' })
    }
  })

  it('is refused without tenants, and tenants without it', () => {
    const options = { audience: AUDIENCE }
    const creating = (more: object) => () =>
      createResourceServer({ ...options, ...more } as ResourceServerOptions)
    expect(creating({ issuer: TEMPLATE })).toThrow('takes tenants')
    expect(creating({ issuer: issuerOf(OURS), tenants: [OURS] })).toThrow('one {tenantid}')
    const inHost = 'https://{tenantid}.example.com/v2.0'
    expect(creating({ issuer: inHost, tenants: [OURS] })).toThrow('only stand in the path')
    expect(creating({ issuer: TEMPLATE, tenants: [] })).toThrow('at least one tenant id')
    expect(creating({ issuer: TEMPLATE, tenants: ['a/b'] })).toThrow('at least one tenant id')
  })

  it.each([
    [TEMPLATE, issuerOf(OURS), true],
    [issuerOf(OURS), issuerOf(OURS), true],
    [issuerOf(OURS), issuerOf(PARTNER), false],
    [TEMPLATE, `${LOGIN}//v2.0`, false],
    [TEMPLATE, `${LOGIN}/a/b/v2.0`, false],
    [TEMPLATE, `${LOGIN}/v2.0`, false],
    [TEMPLATE, 'https://evil.example.com/a/v2.0', false],
    ['{tenantid}', 'https://evil.example.com', false],
  ])('with keys of %s serving %s: %s', (keyIssuer, issuer, serves) => {
    expect(isIssuerOrTenant(keyIssuer, issuer)).toBe(serves)
  })
})
