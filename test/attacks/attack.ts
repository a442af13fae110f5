import type { Reason, Requirements, ResourceServerOptions } from '@bearward/core'
import type { Target } from './target.ts'

/** One input that somebody might try, and what has to become of it. */
export interface Attack {
  readonly name: string
  /**
   * What is sent: an access token (text), the header lines of a GET (a list, each `latin1`), or the very
   * bytes of a whole request. Made when it is sent, with the keys of this run.
   */
  readonly attack: (target: Target) => string | readonly string[] | Uint8Array
  readonly outcome: Outcome
  /** Which resource server it is sent to. Default `any`. */
  readonly door?: Door
}

/** What the caller is told, and what the server is told about it. */
export type Outcome =
  | {
      readonly status: 400 | 401 | 403
      readonly reason: Reason
      readonly error: string | undefined
    }
  | { readonly status: 200; readonly subject: { kind: string; id?: string | undefined } | null }
  /** Node answers by itself, so that nothing of ours ever sees the request. */
  | { readonly status: 400; readonly reason: null }

export const invalidRequest = (reason: Reason): Outcome => {
  return { status: 400, reason, error: 'invalid_request' }
}
export const invalidToken = (reason: Reason): Outcome => {
  return { status: 401, reason, error: 'invalid_token' }
}
export const insufficientScope: Outcome = {
  status: 403,
  reason: 'insufficient_scope',
  error: 'insufficient_scope',
}
/** Without an error code: nobody has shown a token, or it is good and the caller is the wrong one. */
export const unauthenticated = (reason: Reason): Outcome => {
  return { status: 401, reason, error: undefined }
}
export const forbidden = (reason: Reason): Outcome => {
  return { status: 403, reason, error: undefined }
}
export const badRequestToNode: Outcome = { status: 400, reason: null }

/** The input looks odd, and is right: refusing it would break honest callers. */
export const granted = (kind: string, id?: string): Outcome => {
  return { status: 200, subject: id === undefined ? { kind } : { kind, id } }
}
/** What a good token of the target issuer amounts to. */
export const harmless: Outcome = granted('machine', 'reports-cron')
export const anonymous: Outcome = { status: 200, subject: null }

type IssuerPolicy = Partial<Extract<ResourceServerOptions, { issuer: string }>>

interface GuardedDoor {
  /** What is said about the issuer, and about the others too where there are any. */
  readonly policy: IssuerPolicy
  readonly requirements: Requirements
  /** The claims of somebody who may pass, where they are not the usual ones. */
  readonly honest?: Readonly<Record<string, unknown>>
  /** Whether no other issuer is trusted. */
  readonly alone?: boolean
}

/** The resource servers that attacks are sent to: what each trusts, and what its one guard asks for. */
export const DOORS = {
  any: { policy: {}, requirements: {} },
  reading: { policy: {}, requirements: { scope: 'read' } },
  optional: { policy: {}, requirements: { optional: true } },
  strict: { policy: { jwtProfile: 'rfc9068' }, requirements: {} },
  machines: { policy: { machineSubject: 'client_id' }, requirements: { subject: 'machine' } },
  users: {
    policy: { machineSubject: 'client_id' },
    requirements: { subject: 'user' },
    honest: { sub: 'alice', client_id: 'web' },
  },
  audienceless: {
    policy: {
      audience: null,
      allowedClients: ['reports-cron'],
      tokenUse: { claim: 'purpose', value: 'access' },
    },
    requirements: {},
    honest: { aud: undefined, purpose: 'access' },
    alone: true,
  },
  // A machine, listed or told by its provider.
  listed: {
    policy: { machineClients: ['reports-cron'] },
    requirements: { subject: 'machine' },
    alone: true,
  },
  auth0: {
    policy: { provider: 'auth0' },
    requirements: { subject: 'machine' },
    honest: { sub: 'reports-cron@clients' },
    alone: true,
  },
  authentik: {
    policy: { provider: 'authentik', machineClients: ['reports-cron'] },
    requirements: { subject: 'machine' },
    honest: { sub: '3f9a', preferred_username: 'ak-reports-client_credentials' },
    alone: true,
  },
  okta: {
    policy: { provider: 'okta', machineSubject: 'client_id' },
    requirements: { subject: 'machine' },
    honest: { cid: 'reports-cron', scope: undefined, scp: ['read'] },
    alone: true,
  },
  clerk: {
    policy: { provider: 'clerk' },
    requirements: { clients: ['web', 'mch_1'] },
    honest: { sub: 'mch_1', client_id: undefined, scope: undefined },
    alone: true,
  },
  'clerk, with a scope': {
    policy: { provider: 'clerk' },
    requirements: { scope: 'admin' },
    honest: { sub: 'user_1', client_id: 'reports-web', scope: 'admin' },
    alone: true,
  },
  stytch: {
    policy: { provider: 'stytch' },
    requirements: { clients: ['web', 'm2m-client-live-1'] },
    honest: { sub: 'm2m-client-live-1', client_id: undefined },
    alone: true,
  },
  gravitee: {
    policy: { provider: 'gravitee-am', machineSubject: 'client_id' },
    requirements: { subject: 'user' },
    honest: { sub: 'alice', client_id: 'web' },
    alone: true,
  },
} as const satisfies Record<string, GuardedDoor>

export type Door = keyof typeof DOORS

export function doorNamed(door: Door): GuardedDoor {
  return DOORS[door]
}
