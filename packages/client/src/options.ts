import {
  address,
  choice,
  CLIENT_AUTHENTICATION,
  type ClientAuthentication,
  clientId,
  type ClockOption,
  custom,
  defaultFetch,
  type Fetch,
  fn,
  hosts,
  type OptionTable,
  seconds,
} from '@bearward/core/internal'
import { CLOCK } from './clock-option.ts'
import { readAllowedOrigins, readIssuer, readParameters, readTokenTypes } from './option-readers.ts'
import { DPOP, type DpopKeyOptions } from './dpop-options.ts'
import type { TokenEvent } from './token-events.ts'
import type { SourceSettings } from './source-settings.ts'
import {
  TOKEN_REQUEST_OPTIONS,
  type TokenRequest,
  type TokenRequestValues,
} from './token-request-options.ts'
import { TOKEN_TIMES } from './token-times.ts'

/** Options for `clientCredentials`, without the address of the authorization server. */
interface SourceOptions extends TokenRequest {
  /** Id under which this client is registered at the authorization server. */
  readonly clientId: string
  /**
   * Additional form parameters of the token request. Parameters of the grant, such as `scope`, are not accepted.
   *
   * @default none
   * @example
   * ```ts
   * parameters: { organization: 'acme' }
   * ```
   */
  readonly parameters?: Readonly<Record<string, string>>
  /**
   * Client authentication method and its credentials. If a secret, key or assertion is a function, it is called for each
   * request, so that credentials can be rotated without a restart.
   *
   * `tls_client_auth` requires a `fetch` that presents the certificate (RFC 8705 section 2). Set `tls_client_auth` even if the
   * client is registered with `self_signed_tls_client_auth`. Some servers bind the tokens to the certificate (RFC 8705 section
   * 3). An API then accepts these tokens only over a connection with the same certificate.
   *
   * @example
   * ```ts
   * clientAuthentication: { method: 'client_secret_basic', secret: () => process.env.CLIENT_SECRET }
   * ```
   */
  readonly clientAuthentication: ClientAuthentication
  /**
   * Values of `token_type` that are accepted in addition to `Bearer`. Upper and lower case are treated as equal. Tokens of these
   * types are sent as bearer tokens. `'missing'` stands for a response without `token_type`. Set this option only if the server
   * documents that these tokens are bearer tokens.
   *
   * A token of any other type is an error, because a token that is bound to a key must not be sent without a proof.
   *
   * @default none
   * @example
   * ```ts
   * acceptTokenType: ['missing', 'BearerToken']
   * ```
   */
  readonly acceptTokenType?: string | readonly string[]
  /**
   * Binds tokens to a key (DPoP, RFC 9449), so that a stolen token cannot be used without this key. `true` generates a key
   * pair when the first token is requested. The generated private key exists only in this process and cannot be exported.
   *
   * Every request to the token endpoint and to an API then contains a new proof, so each request costs one signature. A server can
   * require a nonce in the proof. The request is then sent once more, unless its body can be read only once. A token response
   * whose `token_type` is not `DPoP` is an error. Cannot be combined with `acceptTokenType`. Does NOT check the key in the token:
   * only the API can check it.
   *
   * @default none: bearer tokens
   * @example
   * ```ts
   * dpop: true
   * ```
   */
  readonly dpop?: true | DpopKeyOptions
  /**
   * Responses of an API after which `source.fetch` replaces the token and sends the request once more. `'invalid_token'` means a
   * 401 with this error (RFC 6750 section 3.1). `'any401'` means every 401, except one about the DPoP proof. A request whose body
   * can be read only once is never sent again. Set `'any401'` for APIs that send no error code, such as Microsoft Graph and
   * Salesforce.
   *
   * @default 'invalid_token'
   */
  readonly retryOn?: 'invalid_token' | 'any401'
  /**
   * Origins to which `source.fetch` may send tokens, such as `https://api.example.com`. The list applies to all tokens of the
   * source. Plain http is accepted for loopback and for hosts in `allowInsecureHosts`.
   *
   * @default the https origins of the `resource` of each token
   */
  readonly allowedOrigins?: readonly string[]
  /**
   * Length in seconds of the last part of the lifetime of a token. The first call in this period starts the renewal. From 0 to
   * 86400. The period is at most half of the lifetime.
   *
   * @default a fifth of the lifetime, at most 300
   */
  readonly renewBefore?: number
  /**
   * Lifetime in seconds of a token if the response contains no usable `expires_in`. From 1 to 86400.
   *
   * @default 300
   */
  readonly defaultExpiresIn?: number
  /**
   * Seconds for which failed requests are retried while callers wait. After that, the callers get the error. From 0 to 300. If
   * the value is 0, a failed request is not retried.
   *
   * @default 5
   */
  readonly maxWait?: number
  /**
   * Maximum seconds for one token request, including the wait for earlier requests, discovery and the function for the secret.
   * From 0.001 to 30. Does NOT limit the calls of `source.fetch` to an API: pass a `signal` to limit these calls.
   *
   * @default 5
   */
  readonly fetchTimeout?: number
  /**
   * Function that makes the requests to the authorization server, for a proxy, a private CA or a client certificate. It must
   * support `redirect: 'manual'`. With `tls_client_auth`, this function also makes the calls of `source.fetch`, so it must return
   * a `Response`. If `resourceFetch` is set, that function makes these calls instead.
   *
   * The default behaves like the global `fetch`. On Node, it fetches metadata with `node:http` and `node:https`, until the
   * application uses, replaces, configures or observes the global `fetch`.
   *
   * @default like globalThis.fetch
   */
  readonly fetch?: Fetch
  /**
   * Function that makes the calls of `source.fetch` to an API. With `tls_client_auth`, the default is the option `fetch`,
   * because an API accepts a certificate-bound token only over a connection with that certificate.
   *
   * @default globalThis.fetch, or the option fetch with tls_client_auth
   */
  readonly resourceFetch?: typeof globalThis.fetch
  /**
   * Host names for which plain http is accepted, in addition to loopback. Use it only for private networks.
   *
   * @default []
   */
  readonly allowInsecureHosts?: readonly string[]
  /**
   * Called for every event. Errors it throws are ignored.
   *
   * @default none
   * @example
   * ```ts
   * onEvent: (event) => {
   *   if (event.type === 'token_failed') console.warn(event.code, event.fault, event.detail)
   * }
   * ```
   */
  readonly onEvent?: (event: TokenEvent) => void
  /**
   * Clock for tests: a function that returns milliseconds since the epoch, like `Date.now`, or an object with `now`, `monotonic`
   * and `after`. If the object has only `now`, timers run in real time.
   *
   * @default the clock of the system
   */
  readonly clock?: ClockOption
}

/**
 * Options for `clientCredentials`. Set `issuer`, `tokenEndpoint` or both. If both are set, discovery is not used. `issuer` is
 * then the audience of `private_key_jwt` assertions, and the name of the server in events.
 */
export type ClientCredentialsOptions = SourceOptions &
  (
    | {
        /**
         * Issuer identifier, exactly as in the metadata. Unless `tokenEndpoint` is set, the token endpoint is found by
         * discovery (OpenID Connect Discovery 1.0 section 4, RFC 8414 section 3).
         */
        readonly issuer: string
        /**
         * URL of the token endpoint. If it is set, discovery is not used.
         *
         * @default found by discovery
         */
        readonly tokenEndpoint?: string
      }
    | {
        /** Omitted: `tokenEndpoint` alone is sufficient. */
        readonly issuer?: never
        /** URL of the token endpoint. Discovery is not used. */
        readonly tokenEndpoint: string
      }
  )

/** Table of the options for `clientCredentials`. */
export const SOURCE_OPTIONS: OptionTable<
  // `Pick` makes one object type of the union. A table for a union type would be a union of tables.
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
  dpop: DPOP,
  retryOn: choice(['invalid_token', 'any401'], { default: 'invalid_token' }),
  allowedOrigins: custom(readAllowedOrigins),
  renewBefore: seconds({ min: 0, max: 86_400 }),
  defaultExpiresIn: seconds({ min: 1, max: 86_400, default: TOKEN_TIMES.defaultExpiresIn }),
  maxWait: seconds({ min: 0, max: 300, default: 5 }),
  fetchTimeout: seconds({ min: 0.001, max: 30, default: 5 }),
  fetch: fn<Fetch>({ default: defaultFetch }),
  resourceFetch: fn(),
  allowInsecureHosts: hosts(),
  onEvent: fn(),
  clock: CLOCK,
}
