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
const toIssuer = (tenant: string) => `${LOGIN}/${tenant}/v2.0`

const key = generateKey('RS256', 'of-all')
const consumers = generateKey('RS256', 'of-consumers')
const testIssuer = createTestIssuer()

/** Creates a resource server for two tenants. The authorization server publishes the keys of several issuers in one JWKS. */
function setup(options: Record<string, unknown> = {}) {
  const requested: string[] = []
  const documents: Record<string, unknown> = {
    [`${LOGIN}/organizations/v2.0/.well-known/openid-configuration`]: {
      issuer: TEMPLATE,
      jwks_uri: `${LOGIN}/common/discovery/v2.0/keys`,
    },
    [`${LOGIN}/common/discovery/v2.0/keys`]: {
      keys: [
        { ...key.jwk, issuer: TEMPLATE },
        { ...consumers.jwk, issuer: toIssuer(STRANGER) },
      ],
    },
  }
  const server = createResourceServer({
    issuer: TEMPLATE,
    tenants: [OURS, PARTNER],
    audience: AUDIENCE,
    fetch: async (url: string) => {
      requested.push(url)
      return Response.json(documents[url] ?? {}, { status: url in documents ? 200 : 404 })
    },
    ...options,
  })
  async function authorize(tenant: string, claims: Record<string, unknown> = {}, signer = key) {
    const token = testIssuer.token({
      key: signer,
      claims: { iss: toIssuer(tenant), tid: tenant, ...claims },
    })
    return server.authorize(requestWith(token))
  }
  return { server, authorize, requested }
}

describe('a multi-tenant issuer', () => {
  it('a server with a multi-tenant issuer grants tokens of all configured tenants after one fetch of the JWKS', async () => {
    const { authorize, requested, server } = setup()
    expect(await authorize(OURS)).toMatchObject({
      kind: 'granted',
      token: { issuer: toIssuer(OURS) },
    })
    expect(await authorize(PARTNER)).toMatchObject({ token: { issuer: toIssuer(PARTNER) } })
    expect(requested).toHaveLength(2)
    expect(server.status().issuers).toEqual([
      {
        issuer: TEMPLATE,
        keys: expect.objectContaining({ state: 'fresh' }),
        closed: false,
      },
    ])
  })

  it('a server with a multi-tenant issuer refuses tokens of tenants that are not configured, without an outgoing request', async () => {
    const { authorize, requested } = setup()
    for (const tenant of [STRANGER, '{tenantid}', 'organizations', 'common', `${OURS}/x`, '']) {
      expect(await authorize(tenant)).toMatchObject({ reason: 'unknown_issuer' })
    }
    expect(requested).toEqual([])
  })

  it('a server with a multi-tenant issuer refuses a token whose tid differs from the tenant in iss', async () => {
    const { authorize } = setup()
    for (const tid of [PARTNER, STRANGER, undefined, null, [OURS]]) {
      expect(await authorize(OURS, { tid })).toMatchObject({ status: 401, reason: 'invalid_claim' })
    }
  })

  it('9068-08: a token is refused if its key in a shared JWKS is marked for another issuer', async () => {
    const { authorize } = setup()
    expect(await authorize(OURS, {}, consumers)).toMatchObject({
      status: 401,
      reason: 'unknown_key',
    })
    const theirs = setup({ tenants: [STRANGER] })
    expect(await theirs.authorize(STRANGER, {}, consumers)).toMatchObject({ kind: 'granted' })
  })

  it('guard() accepts the issuer template or the issuer of a configured tenant in the requirement issuer', async () => {
    const { server } = setup()
    const allow = async (issuer: string, tenant: string) => {
      const token = testIssuer.token({ key, claims: { iss: toIssuer(tenant), tid: tenant } })
      const outcome = await server.authorize(requestWith(token), { issuer })
      return outcome.kind
    }
    expect(await allow(TEMPLATE, PARTNER)).toBe('granted')
    expect(await allow(toIssuer(OURS), OURS)).toBe('granted')
    expect(await allow(toIssuer(OURS), PARTNER)).toBe('refused')
    expect(() => server.guard({ issuer: toIssuer(STRANGER) })).toThrow('configured issuers')
    expect(() =>
      server.guard({ clients: ['app', { issuer: TEMPLATE, clientId: 'other' }] }),
    ).not.toThrow()
  })

  it('distrustKey accepts the issuer template or the issuer of one tenant', async () => {
    for (const name of [TEMPLATE, toIssuer(OURS)]) {
      const { authorize, server } = setup()
      expect(await authorize(OURS)).toMatchObject({ kind: 'granted' })
      server.distrustKey({ issuer: name, thumbprint: await calculateJwkThumbprint(key.jwk) })
      expect(await authorize(OURS)).toMatchObject({ reason: 'unknown_key' })
    }
  })

  it('createResourceServer rejects a template without valid tenants, a template in the host, and tenants without a template', () => {
    const options = { audience: AUDIENCE }
    const creating = (more: object) => () =>
      createResourceServer({ ...options, ...more } as ResourceServerOptions)
    expect(creating({ issuer: TEMPLATE })).toThrow('requires tenants')
    expect(creating({ issuer: toIssuer(OURS), tenants: [OURS] })).toThrow('exactly once')
    const inHost = 'https://{tenantid}.example.com/v2.0'
    expect(creating({ issuer: inHost, tenants: [OURS] })).toThrow('only in the path')
    expect(creating({ issuer: TEMPLATE, tenants: [] })).toThrow('at least one tenant id')
    expect(creating({ issuer: TEMPLATE, tenants: ['a/b'] })).toThrow('at least one tenant id')
  })

  it.each([
    [TEMPLATE, toIssuer(OURS), true],
    [toIssuer(OURS), toIssuer(OURS), true],
    [toIssuer(OURS), toIssuer(PARTNER), false],
    [TEMPLATE, `${LOGIN}//v2.0`, false],
    [TEMPLATE, `${LOGIN}/a/b/v2.0`, false],
    [TEMPLATE, `${LOGIN}/v2.0`, false],
    [TEMPLATE, 'https://evil.example.com/a/v2.0', false],
    ['{tenantid}', 'https://evil.example.com', false],
  ])('isIssuerOrTenant(%j, %j) returns %s', (keyIssuer, issuer, expected) => {
    expect(isIssuerOrTenant(keyIssuer, issuer)).toBe(expected)
  })
})
