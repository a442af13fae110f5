import { describe, expect, it } from 'vitest'
import { type BearwardEvent, createResourceServer } from '../../src/index.ts'
import { getProviderOfAddress } from '../../src/subject/address-patterns.ts'
import { PROFILES, type Provider } from '../../src/subject/providers.ts'

const ADDRESSES: readonly (readonly [address: string, provider: Provider])[] = [
  ['https://sso.example.com/realms/acme', 'keycloak'],
  ['https://sso.example.com/auth/realms/acme', 'keycloak'],
  ['https://sso.example.com/realms/acme/protocol/openid-connect/certs', 'keycloak'],
  ['https://sso.example.com/application/o/orders/', 'authentik'],
  ['https://localhost:9443/oauth2/token', 'wso2'],
  ['https://localhost:9443/t/acme.com/oauth2/token', 'wso2'],
  ['https://id.example.com/api/oidc/introspect', 'pocket-id'],
  ['https://auth.example.com/api/oidc/introspection', 'authelia'],
  ['https://zitadel.example.com/oauth/v2/keys', 'zitadel'],
  ['https://iam.example.com/auth/v1/', 'rauthy'],
  ['https://door.example.com/api/login/oauth/introspect', 'casdoor'],
  ['https://sts.example.com/.well-known/openid-configuration/jwks', 'duende'],
  ['https://app.example.com/o/introspect/', 'django-oauth-toolkit'],
  ['https://glewlwyd.example.com/api/glwd/jwks', 'glewlwyd'],
  ['https://as.example.com/token/introspection', 'node-oidc-provider'],
  ['https://logto.example.com/oidc/jwks', 'logto'],
  ['https://matrix.example.com/oauth2/keys.json', 'mas'],
  ['https://uaa.example.com/token_keys', 'uaa'],
  ['https://id.example.com/oauth2/default/v1/keys', 'okta'],
  ['http://sts.example.com/adfs/services/trust', 'adfs'],
  ['https://sts.example.com/adfs', 'adfs'],
  ['https://sts.example.com/adfs/discovery/keys', 'adfs'],
  ['https://am.example.com:8443/am/oauth2/realms/root/realms/alpha', 'pingam'],
  ['https://am.example.com/am/oauth2/connect/jwk_uri', 'pingam'],
  ['https://am.example.com/am/oauth2/realms/root/realms/alpha/introspect', 'pingam'],
  ['https://am.example.com/openam/oauth2/alpha/connect/jwk_uri', 'pingam'],
  ['https://api.example.com/auth/jwt/jwks.json', 'supertokens'],
  ['https://app.example.com/api/auth/jwks', 'better-auth'],
  ['https://app.example.com/api/auth/oauth2/introspect', 'better-auth'],
]

/** Returns the warnings about `provider` that a resource server publishes while `ready` is called twice. */
async function listWarnings(
  issuer: string,
  metadata: Readonly<Record<string, string>> = {},
  more: object = {},
) {
  const warnings: BearwardEvent[] = []
  const server = createResourceServer({
    issuer,
    audience: 'https://api.example.com',
    fetch: async (url) =>
      Response.json(url.includes('/.well-known/') ? { issuer, ...metadata } : { keys: [] }),
    onEvent: (event) =>
      event.type === 'configuration_warning' && event.option === 'provider' && warnings.push(event),
    ...more,
  })
  await server.ready().catch(() => {})
  await server.ready().catch(() => {})
  server.close()
  return warnings
}

describe('getProviderOfAddress', () => {
  it.each(ADDRESSES)('getProviderOfAddress for %s returns %s', (address, provider) => {
    expect(getProviderOfAddress(address)).toBe(provider)
  })

  it.each([
    'https://auth.example.com',
    'https://auth.example.com/',
    'https://auth.example.com/jwks',
    'https://auth.example.com/oauth2/jwks',
    'https://auth.example.com/oauth2/introspect',
    'https://auth.example.com/api/auth',
    'https://auth.example.com/jwt/jwks.json',
    'https://auth.example.com/.well-known/jwks.json',
    'https://auth.example.com/realms',
    'acme',
  ])('getProviderOfAddress for %s returns undefined', (address) => {
    expect(getProviderOfAddress(address)).toBeUndefined()
  })
})

describe('configuration_warning about the option provider', () => {
  it('configuration_warning about provider is published once for an issuer whose address has the form of Keycloak', async () => {
    const issuer = 'https://sso.example.com/realms/acme'
    const certs = `${issuer}/protocol/openid-connect/certs`
    expect(await listWarnings(issuer, { jwks_uri: certs })).toEqual([
      {
        type: 'configuration_warning',
        issuer,
        option: 'provider',
        advice:
          "The address /realms/acme looks like an address of keycloak. Set provider: 'keycloak' to distinguish its machines from its users.",
      },
    ])
  })

  it('configuration_warning about provider is published if an endpoint in the metadata or options has the form of Zitadel', async () => {
    const issuer = 'https://auth.example.com'
    const keys = `${issuer}/oauth/v2/keys`
    const warning = { issuer, advice: expect.stringContaining("provider: 'zitadel'") }
    expect(await listWarnings(issuer, { jwks_uri: keys })).toMatchObject([warning])
    expect(await listWarnings(issuer, {}, { jwksUri: keys })).toMatchObject([warning])
    const clientAuthentication = { method: 'client_secret_basic', secret: 'a' }
    const introspection = { clientId: 'api', clientAuthentication }
    const endpoint = `${issuer}/oauth/v2/introspect`
    const configured = { tokenFormat: 'opaque', introspection: { ...introspection, endpoint } }
    expect(await listWarnings(issuer, {}, configured)).toMatchObject([warning])
    const discovered = { tokenFormat: 'opaque', introspection }
    expect(
      await listWarnings(issuer, { introspection_endpoint: endpoint }, discovered),
    ).toMatchObject([warning])
  })

  it('configuration_warning about provider is not published if the provider is set, or if the issuer indicates the provider', async () => {
    const issuer = 'https://sso.example.com/realms/acme'
    for (const provider of Object.keys(PROFILES)) {
      expect(await listWarnings(issuer, { jwks_uri: `${issuer}/certs` }, { provider })).toEqual([])
    }
    const okta = 'https://acme.okta.com/oauth2/default'
    expect(await listWarnings(okta, { jwks_uri: `${okta}/v1/keys` })).toEqual([])
  })
})
