import type {
  CommonOptions,
  DpopOptions,
  Reason,
  Requirements,
  ResourceServerOptions,
} from '@bearward/core'
import { AUDIENCE } from '../support/issuer.ts'
import type { Target } from './target.ts'

/** A request of an attacker. */
export type Sent = string | readonly string[] | Uint8Array

/** One input of an attacker, and the expected outcome. */
export interface Attack {
  /** Describes the input. The title of the test adds the outcome. */
  readonly name: string
  /**
   * Creates the input with the keys of this run. A string is an access token. An array contains the header lines of a GET
   * request, in latin1. Bytes are a whole request.
   */
  readonly attack: (target: Target) => Sent
  /** Creates the requests that are sent before the input, and are granted. They are whole requests. */
  readonly after?: (target: Target) => readonly Uint8Array[]
  readonly outcome: Outcome
  /**
   * The API that gets the input.
   *
   * @default 'any'
   */
  readonly api?: ApiName
}

/** The response, and the reason in the event. */
export type Outcome =
  | {
      readonly status: 400 | 401 | 403
      readonly reason: Reason
      readonly error: string | undefined
      /**
       * The scheme whose challenge has the error, if the API accepts DPoP. `both`: both challenges have the error.
       *
       * @default 'Bearer'
       */
      readonly scheme?: 'DPoP' | 'both'
    }
  | { readonly status: 200; readonly subject: { kind: string; id?: string | undefined } | null }
  /** The HTTP parser responds. */
  | {
      readonly status: 400 | 431
      readonly reason: null
      /** Reason of a refusal that the client does not get. Without `unsent`, the application does not get the request. */
      readonly unsent?: Reason
    }

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
/** A refusal without an error code, because the request has no bearer token. */
export const unauthenticated = (reason: Reason): Outcome => {
  return { status: 401, reason, error: undefined }
}
/** A refusal without an error code, because the token is valid and its caller is not allowed. */
export const forbidden = (reason: Reason): Outcome => {
  return { status: 403, reason, error: undefined }
}
/** A challenge for another authentication of the user. */
export const insufficientAuthentication: Outcome = {
  status: 401,
  reason: 'insufficient_user_authentication',
  error: 'insufficient_user_authentication',
}
/** A refusal of an API that accepts DPoP. The challenge of the scheme DPoP has the error. */
export const refusedWithDpop = (reason: Reason, error = 'invalid_token'): Outcome => {
  return { status: 401, reason, error, scheme: 'DPoP' }
}
export const refusedByParser: Outcome = { status: 400, reason: null }

/** The input is unusual but valid. A refusal would break legitimate callers. */
export const granted = (kind: string, id?: string): Outcome => {
  return { status: 200, subject: id === undefined ? { kind } : { kind, id } }
}
/** The outcome of a valid token of the issuer. */
export const accepted: Outcome = granted('machine', 'reports-cron')
export const anonymous: Outcome = { status: 200, subject: null }

type IssuerPolicy = Partial<Extract<ResourceServerOptions, { issuer: string }>>

interface ProtectedApi {
  /** Options of the issuer, and of the other issuers if they are trusted. */
  readonly policy: IssuerPolicy
  /** Options that do not depend on the issuer. If `resource` is set, the issuers have no audience. */
  readonly common?: Pick<CommonOptions, 'resource' | 'scopes' | 'publicUrl'>
  /** Options of DPoP, without the replay store. Each API has its own store. */
  readonly dpop?: Omit<DpopOptions, 'replay'>
  readonly requirements: Requirements
  /** Claims of a token that the guard grants. By default, a token with the usual claims is granted. */
  readonly grantedClaims?: Readonly<Record<string, unknown>>
  /** `true` if no other issuer is trusted. */
  readonly isSingleIssuer?: boolean
  /** `true` if the functions in the option `issuers` return the issuers. */
  readonly isDynamic?: boolean
}

/** A resource without a path. Its host contains the letter k, which is also the lower case of the Kelvin sign. */
export const ROOT_RESOURCE = 'https://kube.example.com'

/** The address of the APIs that accept DPoP. */
export const PUBLIC_URL = 'https://api.example.com'

/** The secret of the nonces. */
export const NONCE_SECRET = new Uint8Array(32).map((_, i) => (i * 37 + 11) % 256)

/** The APIs that get attacks: the options of their issuers, and the requirements of their only guard. */
export const APIS = {
  any: { policy: {}, requirements: {} },
  dynamic: { policy: {}, requirements: {}, isDynamic: true },
  reading: { policy: {}, requirements: { scope: 'read' } },
  optional: { policy: {}, requirements: { optional: true } },
  strict: { policy: { jwtProfile: 'rfc9068' }, requirements: {} },
  machines: { policy: { machineSubject: 'client_id' }, requirements: { subject: 'machine' } },
  users: {
    policy: { machineSubject: 'client_id' },
    requirements: { subject: 'user' },
    grantedClaims: { sub: 'alice', client_id: 'web' },
  },
  audienceless: {
    policy: {
      audience: null,
      allowedClients: ['reports-cron'],
      tokenUse: { claim: 'use', value: 'access' },
    },
    requirements: {},
    grantedClaims: { aud: undefined, use: 'access' },
    isSingleIssuer: true,
  },
  roles: {
    policy: {},
    requirements: { claims: [{ claim: ['access', 'roles'], includes: 'admin' }] },
    grantedClaims: { access: { roles: ['user', 'admin'] } },
  },
  'roles as scopes': {
    policy: { scopeClaim: ['access', 'roles'], scopeFormat: 'array' },
    requirements: { scope: 'admin' },
    grantedClaims: { access: { roles: ['user', 'admin'] } },
    isSingleIssuer: true,
  },
  // The audience of the next three APIs is derived from their resource.
  resource: {
    policy: {},
    common: { resource: AUDIENCE },
    requirements: {},
    isSingleIssuer: true,
  },
  'a resource at the root': {
    policy: {},
    common: { resource: ROOT_RESOURCE },
    requirements: {},
    grantedClaims: { aud: ROOT_RESOURCE },
    isSingleIssuer: true,
  },
  'only this audience': {
    policy: { onlyAudience: true },
    common: { resource: AUDIENCE },
    requirements: {},
    isSingleIssuer: true,
  },
  'scopes that contain others': {
    policy: {},
    common: {
      scopes: {
        implies: { notes: ['notes:read'], admin: ['notes'], constructor: ['notes:delete'] },
      },
    },
    requirements: { scope: 'notes:read' },
    grantedClaims: { scope: 'admin' },
  },
  'step-up': {
    policy: { machineSubject: 'client_id' },
    requirements: { acr: 'urn:mfa', maxAuthAge: 300 },
    grantedClaims: { sub: 'alice', client_id: 'web', acr: 'urn:mfa', auth_time: 1_900_000_000 },
  },
  dpop: { policy: {}, common: { publicUrl: PUBLIC_URL }, dpop: {}, requirements: {} },
  'dpop with nonces': {
    policy: {},
    common: { publicUrl: PUBLIC_URL },
    dpop: { nonce: { secrets: [NONCE_SECRET] } },
    requirements: {},
  },
  // The APIs below trust one issuer, and classify subjects by a list of clients or by the rules of a provider.
  listed: {
    policy: { machineClients: ['reports-cron'] },
    requirements: { subject: 'machine' },
    isSingleIssuer: true,
  },
  auth0: {
    policy: { provider: 'auth0' },
    requirements: { subject: 'machine' },
    grantedClaims: { sub: 'reports-cron@clients' },
    isSingleIssuer: true,
  },
  authentik: {
    policy: { provider: 'authentik', machineClients: ['reports-cron'] },
    requirements: { subject: 'machine' },
    grantedClaims: { sub: '3f9a', preferred_username: 'ak-reports-client_credentials' },
    isSingleIssuer: true,
  },
  okta: {
    policy: { provider: 'okta', machineSubject: 'client_id' },
    requirements: { subject: 'machine' },
    grantedClaims: { cid: 'reports-cron', scope: undefined, scp: ['read'] },
    isSingleIssuer: true,
  },
  clerk: {
    policy: { provider: 'clerk' },
    requirements: { clients: ['web', 'mch_1'] },
    grantedClaims: { sub: 'mch_1', client_id: undefined, scope: undefined },
    isSingleIssuer: true,
  },
  'clerk, with a scope': {
    policy: { provider: 'clerk' },
    requirements: { scope: 'admin' },
    grantedClaims: { sub: 'user_1', client_id: 'reports-web', scope: 'admin' },
    isSingleIssuer: true,
  },
  stytch: {
    policy: { provider: 'stytch' },
    requirements: { clients: ['web', 'm2m-client-live-1'] },
    grantedClaims: { sub: 'm2m-client-live-1', client_id: undefined },
    isSingleIssuer: true,
  },
  gravitee: {
    policy: { provider: 'gravitee-am', machineSubject: 'client_id' },
    requirements: { subject: 'user' },
    grantedClaims: { sub: 'alice', client_id: 'web' },
    isSingleIssuer: true,
  },
} as const satisfies Record<string, ProtectedApi>

/** Name of an API in `APIS`. */
export type ApiName = keyof typeof APIS

export function getApi(name: ApiName): ProtectedApi {
  return APIS[name]
}

/** Returns the end of a title: the requirement of the guard of an API. */
export function behind(name: ApiName): string {
  const { subject, clients, scope } = getApi(name).requirements
  if (subject !== undefined) return `, if the guard requires a ${subject}`
  if (clients !== undefined) return ', if the guard requires listed clients'
  return `, if the guard requires the scope ${scope as string}`
}
