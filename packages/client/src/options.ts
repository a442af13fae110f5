import {
  address,
  choice,
  CLIENT_AUTHENTICATION,
  type ClientAuthentication,
  clientId,
  type ClockOption,
  custom,
  type Fetch,
  fn,
  hosts,
  type OptionTable,
  seconds,
  text,
} from '@bearward/core/internal'
import { CLOCK } from './clock-option.ts'
import {
  readAllowedOrigins,
  readIssuer,
  readParameters,
  readResources,
  readScopes,
  readSignal,
  readTokenTypes,
} from './option-readers.ts'
import type { TokenEvent } from './token-events.ts'
import type { SourceSettings } from './source-settings.ts'
import { TOKEN_TIMES } from './token-times.ts'

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
  /**
   * Client authentication method and its credentials. A function for a secret or key is called for each request.
   *
   * `tls_client_auth` needs a `fetch` that presents the certificate. It is also right for clients that are registered with
   * `self_signed_tls_client_auth`. Some servers bind the tokens to the certificate (RFC 8705 section 3): an API then accepts
   * them only over a connection with the same certificate.
   */
  readonly clientAuthentication: ClientAuthentication
  /**
   * Values of `token_type`, in any case, whose tokens are sent as bearer tokens in addition to `Bearer`. `'missing'` stands
   * for a response without `token_type`. A token of any other type is an error, because a token that is bound to a
   * key must not be sent without a proof. Set it only if the documentation of the server says that its tokens are bearer
   * tokens.
   *
   * @default none
   * @example
   * ```ts
   * acceptTokenType: ['missing', 'BearerToken']
   * ```
   */
  readonly acceptTokenType?: string | readonly string[]
  /**
   * Responses of an API after which `source.fetch` replaces the token and sends the request once more: a 401 with
   * `invalid_token` (RFC 6750 section 3.1), or every 401. Set `'any401'` for APIs that do not say why, such as Microsoft Graph
   * and Salesforce.
   *
   * @default 'invalid_token'
   */
  readonly retryOn?: 'invalid_token' | 'any401'
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
   * must honour `redirect: 'manual'`. With `tls_client_auth` it also makes the calls of `source.fetch`, and must then
   * return a `Response`.
   *
   * @default globalThis.fetch
   */
  readonly fetch?: Fetch
  /**
   * Function that makes the calls of `source.fetch` to an API. By default, this is `fetch` with `tls_client_auth`, so that
   * tokens that are bound to the certificate are accepted, and the global `fetch` with every other method.
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
   * Source of the time, for tests: a function that returns milliseconds since the epoch, as `Date.now` does, or an object
   * of such functions. With `now` alone, timers run in real time.
   *
   * @default the clock of the system
   */
  readonly clock?: ClockOption
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

export const SOURCE_OPTIONS: OptionTable<
  // As one object, because a table of a union would be a union.
  Pick<ClientCredentialsOptions, keyof ClientCredentialsOptions>,
  Omit<SourceSettings, 'resourceFetch'> &
    TokenRequestValues & {
      readonly allowInsecureHosts: readonly string[]
      readonly resourceFetch: typeof globalThis.fetch | undefined
    }
> = {
  issuer: custom(readIssuer),
  tokenEndpoint: address(),
  clientId: clientId('this client is registered'),
  clientAuthentication: CLIENT_AUTHENTICATION,
  ...TOKEN_REQUEST_OPTIONS,
  parameters: custom(readParameters),
  acceptTokenType: custom(readTokenTypes),
  retryOn: choice(['invalid_token', 'any401'], { default: 'invalid_token' }),
  allowedOrigins: custom(readAllowedOrigins),
  renewBefore: seconds({ min: 0, max: 86_400 }),
  defaultExpiresIn: seconds({ min: 1, max: 86_400, default: TOKEN_TIMES.defaultExpiresIn }),
  maxWait: seconds({ min: 0, max: 300, default: 5 }),
  fetchTimeout: seconds({ min: 0.001, max: 30, default: 5 }),
  // Looked up at each call, so that a `fetch` that is replaced later (instrumentation) is used.
  fetch: fn<Fetch>({ default: (url, init) => globalThis.fetch(url, init) }),
  resourceFetch: fn(),
  allowInsecureHosts: hosts(),
  onEvent: fn(),
  clock: CLOCK,
}
