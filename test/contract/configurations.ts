import { createSecretKey, randomBytes } from 'node:crypto'
import type { Algorithm, IntrospectionOptions, ResourceServerOptions } from '@bearward/core'
import { AUDIENCE, ISSUER } from '../support/issuer.ts'
import { generateKey } from '../support/keys.ts'
import { clock, issuerA, issuerB, issuerD, KEYS } from './fixture.ts'

/** An issuer that has an HMAC secret and nothing else. */
export const issuerC = {
  issuer: 'https://secret-as.example.com',
  secret: createSecretKey(randomBytes(32)),
}

/** Keys for one algorithm that tokens without `kid` leave to choose among. */
export const manyKeys = Array.from({ length: 5 }, (_, i) => generateKey('ES256', `key-${i + 1}`))

/** An issuer and an audience that other spellings are taken for, if they are ever normalised. */
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
const es256Only: readonly Algorithm[] = ['ES256']
const rsaPair: readonly Algorithm[] = ['RS256', 'PS512']

/** Of the canary's addresses, these are the ones it may ask. */
export const KEY_PATHS = {
  served: '/jwks.json',
  /** The same, out of a cache that has had it for a day. */
  cached: '/cached.json',
  broken: '/broken.json',
} as const
export const INTROSPECTION_PATH = '/introspect'
/** The one opaque token that the canary calls active. */
export const OPAQUE_TOKEN = 'an-opaque.token_that~is+active/='

const introspection = (endpoint: string): IntrospectionOptions => ({
  endpoint,
  clientId: 'the-api',
  clientAuthentication: { method: 'client_secret_basic', secret: 'a-secret' },
})

/** The cookie `session` of a request of any framework. Throws where its value is one that no token has. */
function sessionCookie(request: object): string | undefined {
  const { headers } = request as { headers: Record<string, string | undefined> }
  const value = /(?:^|; )session=([^;]*)/.exec(headers['cookie'] ?? '')?.[1]
  if (value === '!') throw new Error('a broken session')
  return value
}

/** What an API may be configured as. */
export const CONFIGURATIONS = {
  usual: () => usual,
  strict: () => ({ ...usual, jwtProfile: 'rfc9068' }),
  'no tolerance': () => ({ ...usual, clockTolerance: 0 }),
  'much tolerance': () => ({ ...usual, clockTolerance: 300 }),
  'young tokens': () => ({ ...usual, maxTokenAge: 600 }),
  'no rule for machines': () => {
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
  'keys without alg, RS256 and PS512 named': () => ({
    ...usual,
    jwks: { keys: bare.keys.filter((jwk) => 'n' in jwk) },
    algorithms: rsaPair,
  }),
  'a token in a header': () => ({ ...usual, credentials: { header: 'X-Gateway-Assertion' } }),
  'a token by a function': () => ({ ...usual, credentials: sessionCookie }),
  'four keys': () => ({ ...usual, jwks: first(4) }),
  'five keys': () => ({ ...usual, jwks: first(5) }),
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
  // For requests that must not get as far as asking for keys.
  'keys never fetched': (canary) => ({ ...withoutKeys, jwksUri: `${canary}/never.json` }),
  'keys fetched': (canary) => ({ ...withoutKeys, jwksUri: canary + KEY_PATHS.served }),
  'keys from an old cache': (canary) => ({ ...withoutKeys, jwksUri: canary + KEY_PATHS.cached }),
  'opaque tokens': (canary) => ({
    ...withoutKeys,
    tokenFormat: 'opaque',
    introspection: introspection(canary + INTROSPECTION_PATH),
  }),
  'both kinds of token': (canary) => ({
    ...usual,
    tokenFormat: 'any',
    introspection: introspection(canary + INTROSPECTION_PATH),
  }),
  'opaque tokens, and nobody to ask': (canary) => ({
    ...withoutKeys,
    tokenFormat: 'opaque',
    introspection: introspection(canary + KEY_PATHS.broken),
  }),
  'keys not to be had': (canary) => ({ ...withoutKeys, jwksUri: canary + KEY_PATHS.broken }),
} as const satisfies Record<string, (canary: string) => ResourceServerOptions>

export type ConfigurationName = keyof typeof CONFIGURATIONS
