import { createSecretKey, randomBytes } from 'node:crypto'
import {
  type Algorithm,
  type DpopOptions,
  type IntrospectionOptions,
  type IssuerOptions,
  memoryReplay,
  type ResourceServerOptions,
} from '@bearward/core'
import { AUDIENCE, createTestIssuer, ISSUER } from '../support/issuer.ts'
import { generateKey } from '../support/keys.ts'
import { clock, issuerA, issuerB, issuerD, KEYS, NOW } from './fixture.ts'
import { forwardedCertificate } from './forwarded-certificate.ts'
import { isTenant, TENANT_BASE } from './is-tenant.ts'
import { sessionCookie } from './session-cookie.ts'
import { unavailableReplay } from './unavailable-replay.ts'

/** An issuer that has only an HMAC secret. */
export const issuerC = {
  issuer: 'https://secret-as.example.com',
  secret: createSecretKey(randomBytes(32)),
}

/** Keys for one algorithm. A token without `kid` does not show which of them signed it. */
export const manyKeys = Array.from({ length: 5 }, (_, i) => generateKey('ES256', `key-${i + 1}`))

/** Identifiers that are equal to other spellings only after normalization. Bearward must compare them without normalization. */
export const SPELT_ISSUER = 'https://as.example.com/caf\u00e9%2Ft1'
export const SPELT_AUDIENCE = 'https://api.example.com/caf\u00e9%2Fv1'

const jwks = { keys: Object.values(KEYS).map(({ jwk }) => jwk) }
const bare = { keys: issuerA.keys.map(({ jwk }) => ({ ...jwk, alg: undefined, use: undefined })) }
const first = (count: number) => ({ keys: manyKeys.slice(0, count).map(({ jwk }) => jwk) })

const usual = {
  issuer: ISSUER,
  audience: AUDIENCE,
  jwks,
  machineSubject: 'client_id',
  clock,
} as const satisfies ResourceServerOptions

const { jwks: _, ...withoutKeys } = usual
const { audience: _audience, ...withoutAudience } = usual
const { jwks: _jwks, ...withoutAudienceAndKeys } = withoutAudience

/** The address of the metadata of an API whose `resource` is `AUDIENCE` (RFC 9728 section 3.1). */
export const METADATA_URL = 'https://api.example.com/.well-known/oauth-protected-resource/v1'

/** An API at the root of its host. */
export const ROOT_RESOURCE = 'https://api.example.com'
export const ROOT_METADATA_URL = `${ROOT_RESOURCE}/.well-known/oauth-protected-resource`

/** Scopes that contain others: `notes` contains `notes:write` through `notes:edit`. */
const scopes = {
  supported: ['notes', 'notes:edit', 'notes:read', 'notes:write', 'notes:delete'],
  implies: { notes: ['notes:read', 'notes:edit'], 'notes:edit': ['notes:write'] },
}

/** Values of `audienceRequiredFrom`: the day of the tests, which has begun, and the next day. */
const today = new Date(NOW * 1000).toISOString().slice(0, 10)
const tomorrow = new Date((NOW + 86_400) * 1000).toISOString().slice(0, 10)
const es256Only: readonly Algorithm[] = ['ES256']
const rsaPair: readonly Algorithm[] = ['RS256', 'PS512']

/** Paths of the recording server at which keys are fetched. */
export const KEY_PATHS = {
  served: '/jwks.json',
  /** The same keys, with `Age: 86400`: from a cache that stored them a day ago. */
  cached: '/cached.json',
  broken: '/broken.json',
} as const
/** Path of the introspection endpoint of the recording server. */
export const INTROSPECTION_PATH = '/introspect'
/** An opaque token that the introspection endpoint reports as active, with the usual claims. */
export const OPAQUE_TOKEN = 'an-opaque.token_that~is+active/='

const PREFIX = 'active~'

/** Returns an opaque token that the introspection endpoint reports as active. `more` are members of the response as JSON. */
export function toOpaqueToken(more: string): string {
  return PREFIX + Buffer.from(more).toString('base64url')
}

/** Returns members of the response about an opaque token as JSON text, or `undefined` for a token that is not active. */
export function readOpaqueToken(token: string): string | undefined {
  if (token === OPAQUE_TOKEN) return '{}'
  if (!token.startsWith(PREFIX)) return undefined
  return Buffer.from(token.slice(PREFIX.length), 'base64url').toString()
}

const introspection = (endpoint: string): IntrospectionOptions => ({
  endpoint,
  clientId: 'the-api',
  clientAuthentication: { method: 'client_secret_basic', secret: 'a-secret' },
})

/** Returns the options of an API for opaque tokens, with the introspection endpoint at this URL. */
export const introspectionAt = (endpoint: string) =>
  ({ tokenFormat: 'opaque', introspection: introspection(endpoint) }) as const

const opaqueTokens = (serverUrl: string) => introspectionAt(serverUrl + INTROSPECTION_PATH)

/** Tenants that are not in the options. Their keys have the same `kid`. */
export const TENANTS = {
  acme: createTestIssuer({ issuer: `${TENANT_BASE}acme`, now: clock.seconds }),
  globex: createTestIssuer({ issuer: `${TENANT_BASE}globex`, now: clock.seconds }),
  /** A tenant that `resolve` does not know. */
  unknown: createTestIssuer({ issuer: `${TENANT_BASE}unknown`, now: clock.seconds }),
  /** A tenant whose options cannot be read. */
  failing: createTestIssuer({ issuer: `${TENANT_BASE}failing`, now: clock.seconds }),
}

/** Returns the options of a tenant, as an application reads them from its database. */
async function resolveTenant(iss: string): Promise<IssuerOptions | undefined> {
  if (iss === TENANTS.failing.issuer) throw new Error('the database is down')
  const { acme, globex } = TENANTS
  const tenant = [acme, globex].find(({ issuer }) => issuer === iss)
  if (tenant === undefined) return undefined
  return { issuer: iss, audience: AUDIENCE, jwks: tenant.jwks, machineSubject: 'client_id' }
}

/** The address of the APIs that accept DPoP. */
export const PUBLIC_URL = 'https://api.example.com'

/** Secrets of nonces: the secret of new nonces, and the secret before a rotation. */
export const NONCE_SECRETS = [randomBytes(32), randomBytes(32)] as const

/** Returns the options of an API that accepts DPoP. Each API has its own replay store. */
const accepting = (more: Partial<DpopOptions> = {}) => ({
  publicUrl: PUBLIC_URL,
  dpop: { replay: memoryReplay({ clock }), ...more },
})

/** The configurations of the API by name. Each gets the URL of the recording server. */
export const CONFIGURATIONS = {
  usual: () => usual,
  strict: () => ({ ...usual, jwtProfile: 'rfc9068' }),
  'clockTolerance 0': () => ({ ...usual, clockTolerance: 0 }),
  'clockTolerance 300': () => ({ ...usual, clockTolerance: 300 }),
  'maxTokenAge 600': () => ({ ...usual, maxTokenAge: 600 }),
  'no option for subjects': () => {
    const { machineSubject: __, ...others } = usual
    return others
  },
  'a provider': () => {
    const { machineSubject: __, ...others } = usual
    return { ...others, provider: 'auth0' }
  },
  'two audiences': () => ({ ...usual, audience: [AUDIENCE, 'urn:reports'] }),
  'named clients': () => ({ ...usual, allowedClients: ['reports-cron'] }),
  'ES256 only': () => ({ ...usual, jwks: { keys: [KEYS.es256.jwk] }, algorithms: es256Only }),
  'keys without alg': () => ({ ...usual, jwks: bare }),
  'keys without alg, RS256 and PS512 in algorithms': () => ({
    ...usual,
    jwks: { keys: bare.keys.filter((jwk) => 'n' in jwk) },
    algorithms: rsaPair,
  }),
  'a token in a header': () => ({ ...usual, credentials: { header: 'X-Gateway-Assertion' } }),
  'a token from a function': () => ({ ...usual, credentials: sessionCookie }),
  'four keys': () => ({ ...usual, jwks: first(4) }),
  'five keys': () => ({ ...usual, jwks: first(5) }),
  'client certificates': () => ({ ...usual, mtls: { certificate: forwardedCertificate } }),
  'client certificates, required': () => ({
    ...usual,
    mtls: { certificate: forwardedCertificate, mode: 'required' },
  }),
  'opaque tokens and client certificates': (serverUrl) => ({
    ...withoutKeys,
    ...opaqueTokens(serverUrl),
    mtls: { certificate: forwardedCertificate },
  }),
  'revoked tokens': () => ({ ...usual, revoked: async () => true }),
  'a revocation that fails': () => ({
    ...usual,
    revoked: () => Promise.reject(new Error('the store is down')),
  }),
  'acceptTyp is set': () => ({ ...usual, acceptTyp: ['JWS'] }),
  'a resource': () => ({ ...withoutAudience, resource: AUDIENCE, metadata: {}, scopes }),
  'a resource at the root': () => ({ ...withoutAudience, resource: ROOT_RESOURCE, metadata: {} }),
  'resource and audience are set': () => ({
    ...usual,
    audience: 'https://api.example.com',
    resource: AUDIENCE,
  }),
  'a resource, and only this audience': () => ({
    ...withoutAudience,
    resource: AUDIENCE,
    onlyAudience: true,
  }),
  'an audience that is required from tomorrow on': () => ({
    ...usual,
    audienceRequiredFrom: tomorrow,
  }),
  'an audience that is required since today': () => ({ ...usual, audienceRequiredFrom: today }),
  'opaque tokens and a resource': (serverUrl) => ({
    ...withoutAudienceAndKeys,
    resource: AUDIENCE,
    metadata: {},
    scopes,
    ...opaqueTokens(serverUrl),
  }),
  'opaque tokens, and only this audience': (serverUrl) => ({
    ...withoutKeys,
    onlyAudience: true,
    ...opaqueTokens(serverUrl),
  }),
  'opaque tokens, and an audience that is required from tomorrow on': (serverUrl) => ({
    ...withoutKeys,
    maxTokenAge: 3600,
    audienceRequiredFrom: tomorrow,
    ...opaqueTokens(serverUrl),
  }),
  'opaque tokens, and an audience that is required since today': (serverUrl) => ({
    ...withoutKeys,
    maxTokenAge: 3600,
    audienceRequiredFrom: today,
    ...opaqueTokens(serverUrl),
  }),
  'other spellings': () => ({ ...usual, issuer: SPELT_ISSUER, audience: SPELT_AUDIENCE }),
  'several issuers': () => ({
    issuers: [
      ...[issuerA, issuerB, issuerD].map((one) => ({
        issuer: one.issuer,
        audience: AUDIENCE,
        jwks: one.jwks,
        machineSubject: 'client_id' as const,
      })),
      { ...issuerC, audience: AUDIENCE, machineSubject: 'client_id' },
    ],
    clock,
  }),
  'issuers from functions': () => ({
    issuers: {
      static: [
        { issuer: ISSUER, audience: AUDIENCE, jwks: issuerA.jwks, machineSubject: 'client_id' },
      ],
      match: isTenant,
      resolve: resolveTenant,
    },
    clock,
  }),
  // For requests that must be refused before keys are fetched.
  'keys never fetched': (serverUrl) => ({ ...withoutKeys, jwksUri: `${serverUrl}/never.json` }),
  'keys fetched': (serverUrl) => ({ ...withoutKeys, jwksUri: serverUrl + KEY_PATHS.served }),
  'keys from an old cache': (serverUrl) => ({
    ...withoutKeys,
    jwksUri: serverUrl + KEY_PATHS.cached,
  }),
  'opaque tokens': (serverUrl) => ({ ...withoutKeys, ...opaqueTokens(serverUrl) }),
  'opaque tokens, clockTolerance 0': (serverUrl) => ({
    ...withoutKeys,
    ...opaqueTokens(serverUrl),
    clockTolerance: 0,
  }),
  'opaque tokens, no option for subjects': (serverUrl) => {
    const { machineSubject: __, ...others } = withoutKeys
    return { ...others, ...opaqueTokens(serverUrl) }
  },
  'both kinds of token': (serverUrl) => ({
    ...usual,
    tokenFormat: 'any',
    introspection: introspection(serverUrl + INTROSPECTION_PATH),
  }),
  'opaque tokens, introspection unavailable': (serverUrl) => ({
    ...withoutKeys,
    tokenFormat: 'opaque',
    introspection: introspection(serverUrl + KEY_PATHS.broken),
  }),
  "dpop.mode 'accept'": () => ({ ...usual, ...accepting() }),
  "dpop.mode 'required'": () => ({
    ...withoutAudience,
    resource: AUDIENCE,
    metadata: {},
    ...accepting({ mode: 'required' }),
  }),
  "dpop.mode 'accept', a resource": () => ({
    ...withoutAudience,
    resource: AUDIENCE,
    metadata: {},
    ...accepting(),
  }),
  "dpop.mode 'accept', two algorithms": () => ({
    ...usual,
    ...accepting({ algorithms: ['ES256', 'PS256'] }),
  }),
  "dpop.mode 'accept', clockTolerance 0": () => ({
    ...usual,
    ...accepting({ clockTolerance: 0, maxAge: 300 }),
  }),
  "dpop.mode 'accept', publicUrl with a path": () => ({
    ...usual,
    ...accepting(),
    publicUrl: 'https://API.example.com:443/v1/%7ea/',
  }),
  'dpop.nonce is set': () => ({ ...usual, ...accepting({ nonce: { secrets: NONCE_SECRETS } }) }),
  'dpop.replay is unavailable': () => ({
    ...usual,
    ...accepting({ replay: unavailableReplay }),
  }),
  "dpop.mode 'accept', both kinds of token": (serverUrl) => ({
    ...usual,
    tokenFormat: 'any',
    introspection: introspection(serverUrl + INTROSPECTION_PATH),
    ...accepting(),
  }),
  'keys unavailable': (serverUrl) => ({ ...withoutKeys, jwksUri: serverUrl + KEY_PATHS.broken }),
} as const satisfies Record<string, (serverUrl: string) => ResourceServerOptions>

export type ConfigurationName = keyof typeof CONFIGURATIONS
