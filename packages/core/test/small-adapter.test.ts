import { describe, expect, it } from 'vitest'
import { closing } from '../../../test/support/closing.ts'
import { introspectionServer } from '../../../test/support/introspection-server.ts'
import { AUDIENCE, createTestIssuer, ISSUER } from '../../../test/support/issuer.ts'
import {
  advice,
  defineSmallAdapter,
  dynamicIssuers,
  introspection,
  mtls,
  type Part,
  providers,
  signedMetadata,
} from '../src/adapter.ts'
import type { BearwardEvent } from '../src/index.ts'
import { ISSUER_PATTERNS } from '../src/subject/issuer-patterns.ts'
import { getProblemsOf } from './support/get-problems.ts'

const issuer = createTestIssuer()
const options = { issuer: ISSUER, audience: AUDIENCE, jwks: issuer.jwks }
const CREDENTIALS = {
  clientId: 'api',
  clientAuthentication: { method: 'client_secret_basic', secret: 'a-secret' },
} as const

const { createBearward, auth } = defineSmallAdapter<[{ readonly authorization: string }], unknown>({
  toRequest: ({ authorization }) => ({ method: 'GET', url: '/', headers: { authorization } }),
  grant: () => {},
  setHeaders: () => {},
  proceed: () => 'handled',
  respond: ({ status }) => status,
  fail(error) {
    throw error
  },
  environment: {},
})

/** Issuers that only the vendors of providers can operate. */
const VENDOR_ISSUERS = [
  'https://acme.auth0.com/',
  'https://sts.windows.net/fa15d692-e9c7-4460-a743-29f2956fd429/',
  'https://acme.b2clogin.com/8d2f2e4a/v2.0/',
  'https://acme.okta.com/oauth2/default',
  'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E',
  'https://accounts.google.com',
  'https://cloud.google.com/iap',
  'https://securetoken.google.com/acme-prod',
  'https://acme.cloudflareaccess.com',
  'https://acme.zitadel.cloud',
  'https://acme.logto.app/oidc',
  'https://acme.kinde.com',
  'https://abcd.supabase.co/auth/v1',
  'https://token.actions.githubusercontent.com',
]

/** Calls `createBearward` with any options, as plain JavaScript can. */
const create = (more: object) => createBearward({ ...options, ...more })

/** Returns the first refusal event for a token, and the lines of the log. */
async function refuse(token: string, more: object) {
  const events: BearwardEvent[] = []
  const lines: string[] = []
  const write = (line: string) => lines.push(line)
  const logger = { info: write, warn: write }
  const { verify } = create({
    ...more,
    logger,
    onEvent: (event: BearwardEvent) => events.push(event),
  })
  expect(await verify(token)).toMatchObject({ kind: 'refused' })
  return { event: events.find((event) => event.type === 'refused'), lines }
}

describe('defineSmallAdapter', () => {
  it('a guard without parts grants a JWT of a static issuer, and refuses an expired one', () => {
    const guard = create({}).requireToken()
    const raw = { authorization: `Bearer ${issuer.token()}` }
    expect(guard(raw)).toBe('handled')
    expect(auth(raw).issuer).toBe(ISSUER)
    expect(guard({ authorization: `Bearer ${issuer.token({ claims: { exp: 1 } })}` })).toBe(401)
  })

  it('createBearward requires the part for the option introspection', () => {
    const opaque = { tokenFormat: 'opaque', jwks: undefined, introspection: CREDENTIALS }
    expect(getProblemsOf(() => create(opaque))).toEqual([
      'introspection requires a part: import introspection, and set use: [introspection].',
    ])
    expect(getProblemsOf(() => create({ tokenFormat: 'any' }))).toEqual([
      "tokenFormat 'any' requires introspection: { clientId, clientAuthentication }.",
    ])
  })

  it('createBearward with the part introspection introspects tokens', async () => {
    const server = closing(
      await introspectionServer({ active: true, aud: AUDIENCE, client_id: 'a', sub: 'a' }),
    )
    const { verify } = createBearward({
      issuer: server.url,
      audience: AUDIENCE,
      tokenFormat: 'opaque',
      introspection: CREDENTIALS,
      use: [introspection],
    })
    expect(await verify('opaque')).toMatchObject({ kind: 'granted' })
    expect(server.requests).toHaveLength(1)
  })

  it('createBearward requires the part for issuers from functions, and verifies tokens of these issuers with the part', async () => {
    const issuers = { match: () => true, resolve: () => options }
    const alone = { issuer: undefined, audience: undefined, jwks: undefined, issuers }
    expect(getProblemsOf(() => create(alone))).toEqual([
      'issuers with functions requires a part: import dynamicIssuers, and set use: [dynamicIssuers].',
    ])
    const { verify } = create({ ...alone, use: [dynamicIssuers] })
    expect(await verify(issuer.token())).toMatchObject({ kind: 'granted' })
  })

  it('createBearward requires the part for signed metadata, and signs it with the part', async () => {
    const { privateKey } = await crypto.subtle.generateKey(
      { name: 'ECDSA', namedCurve: 'P-256' },
      false,
      ['sign'],
    )
    const metadata = { signed: { issuer: AUDIENCE, key: privateKey, algorithm: 'ES256' as const } }
    const more = { resource: AUDIENCE, metadata }
    expect(getProblemsOf(() => create(more))).toEqual([
      'metadata.signed requires a part: import signedMetadata, and set use: [signedMetadata].',
    ])
    await create({ ...more, use: [signedMetadata] }).ready()
  })

  it('createBearward requires the part for certificates, and checks them with the part', () => {
    const x5t = 'bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2'
    const token = issuer.token({ claims: { cnf: { 'x5t#S256': x5t } } })
    const reasons: string[] = []
    const onEvent = (event: BearwardEvent) =>
      void (event.type === 'refused' && reasons.push(event.reason))
    const bound = { certificate: () => undefined }
    expect(getProblemsOf(() => create({ mtls: bound }))).toEqual([
      'mtls requires a part: import mtls, and set use: [mtls].',
    ])
    for (const more of [{}, { mtls: bound, use: [mtls] }]) {
      const guard = create({ ...more, onEvent }).requireToken()
      expect(guard({ authorization: `Bearer ${token}` })).toBe(401)
    }
    expect(reasons).toEqual(['unsupported_binding', 'no_certificate'])
  })

  it.each<[name: string, certificate: unknown]>([
    ["'tls'", 'tls'],
    ['a header', { header: 'client-cert', format: 'rfc9440', trustedProxies: ['127.0.0.1'] }],
  ])(
    'createBearward of an adapter without getSocket rejects mtls.certificate: %s',
    (_name, certificate) => {
      expect(getProblemsOf(() => create({ mtls: { certificate }, use: [mtls] }))).toEqual([
        'mtls.certificate must be a function that returns the certificate: this adapter does not know the connection of a request.',
      ])
    },
  )

  it('verify responds with 503 if resolve returns introspection and the part introspection is missing', async () => {
    const resolve = () => ({ ...options, introspection: CREDENTIALS })
    const issuers = { match: () => true, resolve }
    const { verify } = createBearward({ issuers, use: [dynamicIssuers], logger: false })
    expect(await verify(issuer.token())).toMatchObject({
      reason: 'issuer_unavailable',
      status: 503,
    })
  })

  it('createBearward requires the part for the option provider, and uses the rules of the provider with the part', async () => {
    const keycloak = { provider: 'keycloak' }
    expect(getProblemsOf(() => create(keycloak))).toEqual([
      'provider requires a part: import providers, and set use: [providers].',
    ])
    const { verify, requireToken } = create({ ...keycloak, use: [providers] })
    requireToken({ subject: 'machine' })
    const claims = {
      sub: 'a',
      azp: 'cron',
      client_id: 'cron',
      preferred_username: 'service-account-cron',
      clientHost: '10.0.0.1',
      clientAddress: '10.0.0.1',
    }
    expect(await verify(issuer.token({ claims }))).toMatchObject({
      kind: 'granted',
      token: { clientId: 'cron', subject: { kind: 'machine' } },
    })
    expect(getProblemsOf(() => create({ provider: 'keycloack', use: [providers] }))).toEqual([
      "provider 'keycloack' is not a known provider. Did you mean keycloak?",
    ])
  })

  it.each(Object.entries(ISSUER_PATTERNS))(
    'createBearward requires the part providers for an issuer of the vendor of %s',
    (provider, pattern) => {
      const name = VENDOR_ISSUERS.find((address) => pattern.test(address))!
      const vendor = { issuer: name, jwks: issuer.jwks, audience: AUDIENCE }
      expect(getProblemsOf(() => createBearward(vendor))).toEqual([
        `issuer is an address of the provider ${provider}. Its rules require a part: import providers, and set use: [providers].`,
      ])
      createBearward({ ...vendor, use: [providers], logger: false })
    },
  )

  it('verify responds with 503 if resolve returns an issuer of a vendor and the part providers is missing', async () => {
    const github = 'https://token.actions.githubusercontent.com'
    const vendor = createTestIssuer({ issuer: github })
    const resolve = () => ({ issuer: github, audience: AUDIENCE, jwks: vendor.jwks })
    const issuers = { match: () => true, resolve }
    const { verify } = createBearward({ issuers, use: [dynamicIssuers], logger: false })
    expect(await verify(vendor.token())).toMatchObject({
      reason: 'issuer_unavailable',
      status: 503,
    })
  })

  it('a small adapter without the part providers throws for the requirement subject, and returns unknown for a token of an Auth0 user', async () => {
    expect(getProblemsOf(() => create({}).requireToken({ subject: 'user' }))).toEqual([
      expect.stringContaining("subject: 'user' cannot be determined"),
    ])
    const { verify } = create({})
    const user = { sub: 'auth0|5f7c', azp: 'web', gty: 'password' }
    expect(await verify(issuer.token({ claims: user }))).toMatchObject({
      token: { subject: { kind: 'unknown' } },
    })
  })

  it('configuration_warning about the form of an issuer address is published only with the part providers', () => {
    const keycloak = 'https://sso.example.com/realms/acme'
    const listHints = (use: readonly Part[]) => {
      const events: BearwardEvent[] = []
      create({ issuer: keycloak, use, onEvent: (event: BearwardEvent) => events.push(event) })
      return events
    }
    expect(listHints([])).toEqual([])
    expect(listHints([providers])).toMatchObject([
      { type: 'configuration_warning', option: 'provider', issuer: keycloak },
    ])
  })

  it('events and the log refer to the documentation, or contain the advice if the part advice is used', async () => {
    const token = issuer.token({ claims: { exp: 1 } })
    const reference =
      'For advice, look up expired in docs/troubleshooting.md, or set use: [advice].'
    const without = await refuse(token, {})
    expect(without.event).toMatchObject({ reason: 'expired', advice: reference })
    expect(without.lines.join()).toContain(reference)
    const full = await refuse(token, { use: [advice] })
    expect(full.event).toMatchObject({
      advice: expect.stringContaining(
        'request a new token before the cached token expires',
      ) as unknown,
    })
  })

  it('createBearward rejects options that are not a plain object', () => {
    for (const given of [undefined, null, [], new Date()])
      expect(getProblemsOf(() => createBearward(given as never))[0]).toMatch(
        /^The options (?:are missing|must be)/,
      )
  })

  it.each([[{}], ['advice'], [['advice']], [[undefined]], [[{ name: 'advice' }]]])(
    'createBearward rejects use: %j',
    (use) => {
      expect(getProblemsOf(() => create({ use }))).toEqual([
        'use must be an array of the imported parts: advice, dpop, dynamicIssuers, introspection, mtls, providers, signedMetadata.',
      ])
    },
  )
})
