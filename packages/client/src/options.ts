import {
  address,
  CLIENT_AUTHENTICATION,
  type ClientAuthentication,
  clientId,
  clock,
  type Clock,
  custom,
  type Fetch,
  fn,
  hosts,
  type OptionTable,
  runDetached,
  seconds,
  systemClock,
  text,
} from '@bearward/core/internal'
import {
  readAllowedOrigins,
  readIssuer,
  readParameters,
  readResources,
  readScopes,
  readSignal,
} from './option-readers.ts'
import type { TokenEvent } from './token-events.ts'
import type { SourceSettings } from './source-settings.ts'
import { TOKEN_TIMES } from './token-life-cycle.ts'

/** Options for one token, if it differs from the token that the source is configured for. */
export interface TokenRequest {
  /** Scopes, separated by spaces or as an array. */
  readonly scope?: string | readonly string[]
  /** Identifier of the API, or several (RFC 8707). Also replaces the `audience` of the source. */
  readonly resource?: string | readonly string[]
  /**
   * Identifier of the API, for authorization servers that use `audience` in place of `resource`. Also replaces the
   * `resource` of the source.
   */
  readonly audience?: string
}

/** The values that do not have the type of their property. */
interface TokenRequestValues {
  readonly scope: readonly string[] | undefined
  readonly resource: readonly string[] | undefined
}

export const TOKEN_REQUEST_OPTIONS: OptionTable<TokenRequest, TokenRequestValues> = {
  scope: custom(readScopes),
  resource: custom(readResources),
  audience: text('a non-empty string'),
}

/** Options for `getToken`. */
export interface GetTokenOptions extends TokenRequest {
  /** Ends the wait of this caller. Other callers continue to wait. */
  readonly signal?: AbortSignal
}

export const GET_TOKEN_OPTIONS: OptionTable<GetTokenOptions, TokenRequestValues> = {
  ...TOKEN_REQUEST_OPTIONS,
  signal: custom(readSignal),
}

/** Options for `clientCredentials`, without the address of the authorization server. */
interface SourceOptions extends TokenRequest {
  /** Id under which this client is registered. */
  readonly clientId: string
  /** Additional form parameters of the token request, by the names that the authorization server uses. */
  readonly parameters?: Readonly<Record<string, string>>
  /** Client authentication method and its credentials. A function for a secret or key is called for each request. */
  readonly clientAuthentication: ClientAuthentication
  /**
   * Origins that `source.fetch` may send tokens to, such as `https://api.example.com`. The list applies to all tokens
   * of the source. Plain http is accepted on loopback and for hosts in `allowInsecureHosts`.
   *
   * @default the https origins of the `resource` of each token
   */
  readonly allowedOrigins?: readonly string[]
  /**
   * Seconds before its expiry at which a token is renewed. From 0 to 86400; at most half of the lifetime is used.
   *
   * @default a fifth of the lifetime, at most 300
   */
  readonly renewBefore?: number
  /**
   * Lifetime in seconds of a token whose response contains no usable `expires_in`. From 1 to 86400.
   *
   * @default 300
   */
  readonly defaultExpiresIn?: number
  /**
   * Seconds for which failed requests are retried while callers wait. Then the callers get the error. From 0 to 300;
   * 0 means one request.
   *
   * @default 5
   */
  readonly maxWait?: number
  /**
   * Seconds that one token request may take, including discovery and the function for the secret. At most 30. Calls of
   * `source.fetch` to an API are limited only by their own signal.
   *
   * @default 5
   */
  readonly fetchTimeout?: number
  /**
   * Function that makes the calls to the authorization server, for a proxy, a private CA or a client certificate. It
   * must honour `redirect: 'manual'`.
   *
   * @default globalThis.fetch
   */
  readonly fetch?: Fetch
  /**
   * Function that makes the calls of `source.fetch` to an API.
   *
   * @default globalThis.fetch
   */
  readonly resourceFetch?: typeof globalThis.fetch
  /**
   * Host names for which plain http is accepted, in addition to loopback. Use it only for private networks.
   *
   * @default []
   */
  readonly allowInsecureHosts?: readonly string[]
  /** Called for every event. Errors it throws are ignored. */
  readonly onEvent?: (event: TokenEvent) => void
  /**
   * Source of the time, for tests.
   *
   * @default the clock of the system
   */
  readonly clock?: Clock
}

/**
 * Options for `clientCredentials`. Set `issuer`, `tokenEndpoint` or both. If both are set, there is no discovery:
 * `issuer` is then the audience of `private_key_jwt` assertions and a name in events.
 */
export type ClientCredentialsOptions = SourceOptions &
  (
    | {
        /** Issuer identifier, byte for byte. The token endpoint is found by discovery unless it is set. */
        readonly issuer: string
        readonly tokenEndpoint?: string
      }
    | {
        readonly issuer?: never
        /** URL of the token endpoint. Discovery is not used. */
        readonly tokenEndpoint: string
      }
  )

/**
 * System clock whose timers keep the process running. They run only while a token is requested or a caller waits for
 * one, and a program that waits for nothing else must not exit in the meantime.
 */
const blockingClock: Clock = {
  ...systemClock,
  after(milliseconds, callback) {
    const timer = runDetached(() => setTimeout(callback, milliseconds))
    return () => clearTimeout(timer)
  },
}

export const SOURCE_OPTIONS: OptionTable<
  // As one object, because a table of a union would be a union.
  Pick<ClientCredentialsOptions, keyof ClientCredentialsOptions>,
  SourceSettings & TokenRequestValues & { readonly allowInsecureHosts: readonly string[] }
> = {
  issuer: custom(readIssuer),
  tokenEndpoint: address(),
  clientId: clientId('this client is registered'),
  clientAuthentication: CLIENT_AUTHENTICATION,
  ...TOKEN_REQUEST_OPTIONS,
  parameters: custom(readParameters),
  allowedOrigins: custom(readAllowedOrigins),
  renewBefore: seconds({ min: 0, max: 86_400 }),
  defaultExpiresIn: seconds({ min: 1, max: 86_400, default: TOKEN_TIMES.defaultExpiresIn }),
  maxWait: seconds({ min: 0, max: 300, default: 5 }),
  fetchTimeout: seconds({ min: 0.001, max: 30, default: 5 }),
  // Looked up at each call, so that a `fetch` that is replaced later (instrumentation) is used.
  fetch: fn<Fetch>({ default: (url, init) => globalThis.fetch(url, init) }),
  resourceFetch: fn({ default: (input, init) => globalThis.fetch(input, init) }),
  allowInsecureHosts: hosts(),
  onEvent: fn(),
  clock: clock(blockingClock),
}
