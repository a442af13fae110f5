import type { ResourceServerOptions } from '@bearward/core'
import type { McpGuardOptions } from '@bearward/mcp'
import { fakeClock } from '../support/fake-clock.ts'
import { createTestIssuer, type TokenOverrides } from '../support/issuer.ts'

/** The address of the guarded server, as clients know it. */
export const RESOURCE = 'https://notes.example.com/mcp'
export const METADATA_URL = 'https://notes.example.com/.well-known/oauth-protected-resource/mcp'

/** A clock that no test advances. Tests that advance the time create another clock. */
export const clock = fakeClock()

export const issuer = createTestIssuer({ audience: RESOURCE, now: clock.seconds })

/** Options of `createBearward`. */
export const BEARWARD = {
  issuer: issuer.issuer,
  jwks: issuer.jwks,
  resource: RESOURCE,
  metadata: {},
  machineSubject: 'client_id',
  clock,
  logger: false,
} as const satisfies ResourceServerOptions

/** Returns a token with these scopes. */
export function tokenWith(scope: string, { claims, ...more }: TokenOverrides = {}): string {
  return issuer.token({ claims: { scope, ...(claims as object) }, ...more })
}

/** The requirement of every request. */
export const FLOOR = 'notes:read'
/** The requirement of every operation that is not for all callers. */
export const ADMIN = 'notes:admin'
/** The scopes of a caller that may use everything, as challenges name them. */
export const ALL = `${FLOOR} ${ADMIN}`

/** Tokens of a caller with the floor only, and of a caller that may use everything. */
export const TOKENS = { reader: tokenWith(FLOOR), admin: tokenWith(ALL) }

/** A tool whose name contains a letter that Unicode can write in two ways. This is the composed form (NFC). */
export const CAFE = 'caf\u00e9'

/** The rules of the guarded server: operations for all callers, and operations for admins. */
export const RULES = {
  scope: FLOOR,
  tools: { list: {}, search: {}, purge: { scope: ADMIN }, [CAFE]: { scope: ADMIN } },
  prompts: { greet: {}, unseal: { scope: ADMIN } },
  resources: {
    'notes://public': {},
    'notes://secret': { scope: ADMIN },
    'https://notes.example.com/secret': { scope: ADMIN },
  },
  methods: { 'logging/setLevel': { scope: ADMIN } },
  origins: ['https://app.example.com'],
} as const satisfies McpGuardOptions
