import { custom, type OptionTable, text } from '@bearward/core/internal'
import {
  readMethod,
  readRequestUrl,
  readResources,
  readScopes,
  readSignal,
} from './option-readers.ts'

/**
 * Options that select a token. Omitted options have the values of the source.
 *
 * @example
 * ```ts
 * const token = await source.getToken({ scope: 'write:reports', resource: 'https://api.example.com' })
 * ```
 */
export interface TokenRequest {
  /**
   * Scopes, separated by spaces or as an array (RFC 6749 section 3.3).
   *
   * @default in a call, the value of the source; in the source, the default of the authorization server
   */
  readonly scope?: string | readonly string[]
  /**
   * Identifier of the API, or an array of identifiers (RFC 8707 section 2): absolute URIs without a fragment. In a call such as
   * `getToken`, this option also replaces the `audience` of the source.
   *
   * @default in a call, the value of the source, unless `audience` is set; in the source, none
   */
  readonly resource?: string | readonly string[]
  /**
   * Identifier of the API, for authorization servers that use `audience` instead of `resource`. In a call such as `getToken`,
   * this option also replaces the `resource` of the source. Set `audience` or `resource`, not both.
   *
   * @default in a call, the value of the source, unless `resource` is set; in the source, none
   */
  readonly audience?: string
}

/** Values whose type differs from the type of the option. */
export interface TokenRequestValues {
  readonly scope: readonly string[] | undefined
  readonly resource: readonly string[] | undefined
}

/** Table of the options that select a token. */
export const TOKEN_REQUEST_OPTIONS: OptionTable<TokenRequest, TokenRequestValues> = {
  scope: custom(readScopes),
  resource: custom(readResources),
  audience: text('a non-empty string'),
}

/** Options for `getToken`. */
export interface GetTokenOptions extends TokenRequest {
  /**
   * Signal that ends the wait of this caller. Other callers continue to wait.
   *
   * @default none
   */
  readonly signal?: AbortSignal
}

/** Table of the options for `getToken`. */
export const GET_TOKEN_OPTIONS: OptionTable<GetTokenOptions, TokenRequestValues> = {
  ...TOKEN_REQUEST_OPTIONS,
  signal: custom(readSignal),
}

/**
 * Options for `source.headers`: one request, and the token for it.
 *
 * @example
 * ```ts
 * const headers = await source.headers({ method: 'POST', url: 'https://api.example.com/reports' })
 * ```
 */
export interface HeadersRequest extends GetTokenOptions {
  /** Absolute URL of the request, without a user name. Its origin must be an allowed origin. */
  readonly url: string | URL
  /**
   * Method of the request. It is converted to upper case, because most HTTP clients send it in upper case.
   *
   * @default 'GET'
   */
  readonly method?: string | undefined
  /**
   * Value of `DPoP-Nonce` in the last response of this API (RFC 9449 section 9). It is remembered for the origin of the API. A
   * text that is not a valid nonce is ignored.
   *
   * @default the newest nonce of the origin, if known
   */
  readonly nonce?: string | undefined
}

/** Table of the options for `source.headers`. */
export const HEADERS_OPTIONS: OptionTable<
  HeadersRequest,
  TokenRequestValues & { readonly url: URL; readonly method: string }
> = {
  ...GET_TOKEN_OPTIONS,
  url: custom(readRequestUrl, { required: true }),
  method: custom(readMethod),
  nonce: text('the value of DPoP-Nonce in a response'),
}
