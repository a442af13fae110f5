import type { BearwardEventListener } from '../events.ts'
import { KEY_TIMES } from '../keys/life-cycle.ts'
import { type Clock, type ClockOption, systemClock } from '../lib/clock.ts'
import type { Logger } from '../log/logger.ts'
import { defaultFetch } from '../authorization-server/default-fetch.ts'
import type { Fetch } from '../model/fetch.ts'
import type {
  CredentialsOption,
  MetadataSettings,
  MtlsSettings,
  ScopeSettings,
  TokenCacheLimits,
} from '../model/settings.ts'
import { isQuotable } from '../response/challenge.ts'
import type { RefusalBody, RefusalView } from '../response/refusal.ts'
import type { IsRevoked } from '../token/check-revoked.ts'
import { clock } from './clock-option.ts'
import { CREDENTIALS } from './credentials-option.ts'
import { DPOP, type DpopOptions, type DpopValues } from './dpop-options.ts'
import { LOGGER } from './logger-option.ts'
import { TOKEN_CACHE_OPTION } from './token-cache-option.ts'
import { PUBLIC_URL, type PublicUrl } from './public-url-option.ts'
import { METADATA, METADATA_WITHOUT_SIGNED, type MetadataOptions } from './metadata-options.ts'
import { MTLS, type MtlsOptions } from './mtls-options.ts'
import { fn, hosts, missingPart, seconds, text } from './option-rows.ts'
import type { OptionTable } from './option-table.ts'
import { RESOURCE } from './resource-option.ts'
import { SCOPES, type ScopesOptions } from './scopes-options.ts'

/** Options that do not depend on the issuer. `Raw` is the request of the framework. */
export interface CommonOptions<Raw extends object = object> {
  /**
   * The place of the token in a request.
   *
   * - `{ header }`: a header that contains only the token, without `Bearer`. A request that has an `Authorization` header is
   *   then refused.
   * - A function: receives the request of the framework and returns the token, or `undefined` if there is none. It is
   *   synchronous. Errors it throws are passed to the error handling of the framework.
   *
   * Does NOT protect against CSRF. Protect the routes if the function reads a cookie.
   *
   * @default the `Authorization` header (RFC 6750 section 2.1)
   * @example
   * { header: 'cf-access-jwt-assertion' }
   */
  readonly credentials?: CredentialsOption<Raw>
  /**
   * The https address at which clients call this API, without fragment. It is the default of `audience`. It is also the
   * `resource` of the metadata (RFC 9728), and the `resource` that clients send to the authorization server (RFC 8707).
   *
   * @default none
   * @example
   * 'https://api.example.com/v1'
   */
  readonly resource?: string
  /**
   * Publishes the metadata of this API (RFC 9728), with which clients find its authorization server. Every challenge then
   * contains the address of the metadata. Requires `resource`. Mount the handler that `metadata()` returns.
   *
   * @default no metadata
   * @example
   * { name: 'Reports', documentation: 'https://docs.example.com/reports' }
   */
  readonly metadata?: MetadataOptions
  /**
   * Accepts tokens that are bound to the certificate of their client (RFC 8705 section 3). If this option is set, the metadata
   * contains `tls_client_certificate_bound_access_tokens`. If it is not set, such tokens are refused.
   *
   * @default certificate-bound tokens are refused
   * @example
   * { certificate: 'tls' }
   */
  readonly mtls?: MtlsOptions<Raw>
  /**
   * The scopes of this API, and the scopes that contain other scopes.
   *
   * @default none
   * @example
   * { supported: ['notes', 'notes:read'], implies: { notes: ['notes:read'] } }
   */
  readonly scopes?: ScopesOptions
  /**
   * Accepts tokens that are bound to a key of the client, with the scheme `DPoP` and a proof in each request (RFC 9449). If this
   * option is not set, such tokens are refused.
   *
   * @default tokens that are bound to a key are refused
   * @example
   * { replay: memoryReplay() }
   */
  readonly dpop?: DpopOptions
  /**
   * The address at which clients call this API, for the `htu` of proofs. Include a path only if a proxy removes this path before
   * it forwards a request. The path of the request is appended to this address. `Host` and forwarded headers are never read.
   *
   * A function receives the request of the framework and returns the method and the absolute address that the client has called.
   * Use a function behind a proxy that asks this API about other requests (forward authentication). The function is synchronous.
   * Errors it throws are passed to the error handling of the framework.
   *
   * @default `resource`, if it has no path
   * @example
   * 'https://api.example.com'
   */
  readonly publicUrl?: PublicUrl<Raw>
  /**
   * The `realm` of challenges (RFC 9110 section 11.5): printable ASCII without quotes, backslashes and equals
   * signs.
   *
   * @default 'api'
   */
  readonly realm?: string
  /**
   * Host names for which plain http is accepted: lower case, without scheme and port. Loopback addresses in the options are
   * always accepted. List other hosts only if they are in a private network.
   *
   * @default []
   * @example
   * ['keycloak']
   */
  readonly allowInsecureHosts?: readonly string[]
  /**
   * Function that makes the outgoing calls. Set it for a proxy, a private CA or a client certificate.
   *
   * The default behaves like the global `fetch`. On Node, keys and metadata are fetched with `node:http` and `node:https`. This ends
   * as soon as any code of the process calls, replaces, configures or observes the global `fetch`.
   *
   * @default like globalThis.fetch
   */
  readonly fetch?: Fetch
  /**
   * Seconds after which an outgoing call is aborted, at most 30. An attempt to fetch keys, including discovery, counts as one
   * call.
   *
   * @default 3
   */
  readonly fetchTimeout?: number
  /**
   * Seconds for which fetched keys are fresh, from 30 to 86400. They are refreshed in the background before this time has
   * passed. `Cache-Control` of the JWKS response can shorten it, but not below 30.
   *
   * @default 600
   */
  readonly jwksMaxAge?: number
  /**
   * Seconds for which fetched keys stay in use if they cannot be refreshed. At least `jwksMaxAge`, at most 604800.
   *
   * @default 86400
   */
  readonly jwksStaleIfError?: number
  /**
   * Limits of the token cache. `maxEntries` is the number of verified JWTs, from 1 to 1000000. `maxBytes` is the estimated memory
   * of these JWTs, from 65536 to 1073741824 bytes. `false`: tokens are not cached.
   *
   * The signature of a cached token is not verified again. The times of the token are checked for every request, and its key
   * must still be listed and trusted.
   *
   * @default { maxEntries: 5000, maxBytes: 16777216 }
   */
  readonly tokenCache?: false | { readonly maxEntries?: number; readonly maxBytes?: number }
  /**
   * Logger for refusals (`info`) and for faults of this application or of a server (`warn`). Most lines name the change to make.
   * At most 10 lines per second are written for each reason. If there are more lines, only their number is written. `false`: no
   * log.
   *
   * @default createResourceServer: no log; adapters: the console, or no log if `onEvent` is set
   * @example
   * pino()
   */
  readonly logger?: false | Logger
  /**
   * Called for every event, such as a refusal and its reason. Errors it throws are ignored.
   *
   * @default none
   * @example
   * (event) => metrics.increment(event.type)
   */
  readonly onEvent?: BearwardEventListener<Raw>
  /**
   * Returns the body of a refusal, or `undefined` for the default body. `request` is the request of the framework. It is
   * `undefined` for `verify(token)`. The function is synchronous. Only the members `body` and `contentType` of the result are
   * used. Errors it throws are passed to the error handling of the framework.
   *
   * @default `{ error, error_description }` as JSON
   * @example
   * ({ error, description }) => ({ body: { title: error, detail: description } })
   */
  readonly errorBody?: (refusal: RefusalView, request: Raw | undefined) => RefusalBody | undefined
  /**
   * Returns whether your application has revoked a token, for example because a user has signed out everywhere. It is called
   * after the token is verified, even if the token is cached. It can return a promise. Guards of the same request share a result
   * for one second. After that, the next guard calls the function again.
   *
   * Only `false` lets the token pass. `true`: 401 `revoked`. An error, any other value, or no result within one second: 503
   * `revocation_unavailable`.
   *
   * @default tokens are not checked
   * @example
   * async (token) => !(await isSessionActive(token.claims.sid))
   */
  readonly revoked?: IsRevoked
  /**
   * Source of the time, for tests: a function that returns milliseconds since the epoch, or an object with `now`. The object
   * can have `monotonic` and `after`, if the test also controls timers.
   *
   * @default the system clock
   * @example
   * () => Date.parse('2030-01-01T00:00:00Z')
   */
  readonly clock?: ClockOption
}

/** The values of the options after validation. An option is `undefined` if it is not set and has no default. */
type CommonValues = Required<
  Omit<
    CommonOptions,
    | 'resource'
    | 'metadata'
    | 'mtls'
    | 'scopes'
    | 'dpop'
    | 'publicUrl'
    | 'clock'
    | 'credentials'
    | 'tokenCache'
    | 'logger'
    | 'onEvent'
    | 'errorBody'
    | 'revoked'
  >
> & {
  readonly clock: Clock
  readonly resource: string | undefined
  readonly metadata: MetadataSettings | undefined
  readonly mtls: MtlsSettings | undefined
  readonly scopes: ScopeSettings
  readonly dpop: DpopValues | undefined
  readonly publicUrl: PublicUrl | undefined
  readonly credentials: CredentialsOption | undefined
  readonly tokenCache: TokenCacheLimits | undefined
  readonly revoked: IsRevoked | undefined
}

type CommonTable = OptionTable<CommonOptions, CommonValues>

/** The rows of the options that depend on optional parts, such as `dpop`. */
export type ReplacedRows = Pick<CommonTable, 'metadata' | 'dpop' | 'mtls'>

/** Returns the common options with these rows. */
function createTable({ metadata, dpop, mtls }: ReplacedRows): CommonTable {
  return {
    credentials: CREDENTIALS,
    resource: RESOURCE,
    metadata,
    mtls,
    scopes: SCOPES,
    dpop,
    publicUrl: PUBLIC_URL,
    // Some clients search the whole header field for a parameter such as `scope=`.
    realm: text('printable ASCII without quotes, backslashes and equals signs', {
      matches: (realm) => isQuotable(realm) && !realm.includes('='),
      default: 'api',
    }),
    allowInsecureHosts: hosts({ variable: 'BEARWARD_ALLOW_INSECURE_HOSTS' }),
    fetch: fn<Fetch>({ default: defaultFetch }),
    fetchTimeout: seconds({ min: 0.001, max: 30, default: 3 }),
    jwksMaxAge: seconds({ min: KEY_TIMES.minAge, max: 86_400, default: KEY_TIMES.maxAge }),
    jwksStaleIfError: seconds({
      min: KEY_TIMES.minAge,
      max: 604_800,
      default: KEY_TIMES.staleLimit,
    }),
    tokenCache: TOKEN_CACHE_OPTION,
    logger: LOGGER,
    onEvent: fn(),
    errorBody: fn(),
    revoked: fn(),
    clock: clock(systemClock),
  }
}

/** The common options, with the options of all parts. */
export const COMMON_OPTIONS: CommonTable = /* @__PURE__ */ createTable({
  metadata: METADATA,
  dpop: DPOP,
  mtls: MTLS,
})

/** The common options for resource servers without parts. */
export const OPTIONS_WITHOUT_PARTS: CommonTable = createTable({
  metadata: METADATA_WITHOUT_SIGNED,
  dpop: missingPart('dpop'),
  mtls: missingPart('mtls'),
})
