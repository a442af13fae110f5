import { calculateJwkThumbprint } from 'jose'
import { closing } from '../../../../../test/support/closing.ts'
import { fakeClock } from '../../../../../test/support/fake-clock.ts'
import {
  introspectionServer,
  type IntrospectionServer,
  type Script,
} from '../../../../../test/support/introspection-server.ts'
import {
  AUDIENCE,
  createTestIssuer,
  type TokenOverrides,
} from '../../../../../test/support/issuer.ts'
import { generateKey } from '../../../../../test/support/keys.ts'
import { requestWith } from '../../../../../test/support/requests.ts'
import {
  type BearwardEvent,
  createResourceServer,
  type IntrospectionOptions,
  type IssuerOptions,
  type Outcome,
  type Requirements,
  type ResourceServerOptions,
} from '../../../src/index.ts'

export { closing }

export const SECRET = 'the-secret-of-the-api'
export const CREDENTIALS = {
  clientId: 'the-api',
  clientAuthentication: { method: 'client_secret_basic', secret: SECRET },
} as const satisfies IntrospectionOptions

/** Introspection response for a valid token. */
export const ACTIVE = {
  active: true,
  aud: AUDIENCE,
  sub: 'user-ada',
  client_id: 'reports-web',
  scope: 'read write',
  token_type: 'Bearer',
}

export interface SetupOptions {
  readonly introspection?: Partial<IntrospectionOptions>
  readonly issuer?: Partial<IssuerOptions>
  readonly options?: Partial<ResourceServerOptions>
  readonly others?: (url: string) => Record<string, Script>
  /** Uses this server instead of a new one. */
  readonly server?: IntrospectionServer
}

/** Creates an introspection endpoint, a clock, and a resource server that accepts opaque tokens. */
export async function setup(
  first: Script,
  { introspection, issuer, options, others, server: given }: SetupOptions = {},
) {
  const clock = fakeClock()
  const endpoint = given ?? closing(await introspectionServer(first, others))
  const events: BearwardEvent[] = []
  const server = closing(
    createResourceServer({
      issuer: endpoint.url,
      audience: AUDIENCE,
      tokenFormat: 'opaque',
      introspection: { ...CREDENTIALS, ...introspection },
      ...issuer,
      clock,
      onEvent: (event: BearwardEvent) => events.push(event),
      ...options,
    } as ResourceServerOptions),
  )
  const send = (token: string, requirements?: Requirements) =>
    Promise.resolve(
      server.authorize(requestWith(token), ...(requirements === undefined ? [] : [requirements])),
    )
  /** Sends a token, and returns `granted`, or the status and the reason of the refusal. */
  const getOutcome = async (token: string, requirements?: Requirements) =>
    summarizeOutcome(await send(token, requirements))
  const failed = () =>
    events.flatMap((event) => (event.type === 'introspection_failed' ? [event] : []))
  const failures = () => failed().map(({ failure }) => failure)
  return { clock, endpoint, events, server, send, getOutcome, failed, failures }
}

const key = generateKey('ES256')

/** Creates an issuer of JWTs with an introspection endpoint, and a resource server that accepts its tokens. */
export async function issuing(tokenFormat: 'jwt' | 'any', more: SetupOptions = {}) {
  const made = await setup(
    { active: true },
    { ...more, issuer: { tokenFormat, jwks: { keys: [key.jwk] }, ...more.issuer } },
  )
  const issuer = createTestIssuer({ issuer: made.endpoint.url, now: made.clock.seconds })
  return { ...made, token: (overrides: TokenOverrides = {}) => issuer.token({ key, ...overrides }) }
}

/** Returns the thumbprint of the key of `issuing`. */
export const thumbprintOfKey = () => calculateJwkThumbprint(key.jwk)

/** Returns the kind of an outcome, or the status and the reason of a refusal. */
export function summarizeOutcome(outcome: Outcome): string {
  return outcome.kind === 'refused' ? `${outcome.status} ${outcome.reason}` : outcome.kind
}

/** Returns the access token of an outcome. Throws if the outcome is not `granted`. */
export function tokenIn(outcome: Outcome) {
  if (outcome.kind !== 'granted')
    throw new Error(`expected a granted outcome, found ${summarizeOutcome(outcome)}`)
  return outcome.token
}
