import type { CorsOptions, Requirements } from '@bearward/core'
import type { ApiKeyOwner } from '@bearward/core/internal-guards'

/** The requirements for a tool, a prompt, a resource or a method, in addition to those of the guard. */
export type OperationRequirements<Raw = unknown> = Omit<Requirements<Raw>, 'optional'>

/** Options of API keys. At least one of `header` and `prefix` is required. */
export interface ApiKeyOptions {
  /**
   * The name of a header that contains only an API key, such as `X-Api-Key`.
   *
   * @default none
   */
  readonly header?: string
  /**
   * The beginning of API keys that clients send as Bearer tokens, such as `sk_`: some clients can send only `Authorization: Bearer`.
   * It cannot begin with `e`, `I`, `C` or `D`, because a JWT can begin with these characters. With `prefix`, no issuer may have
   * opaque tokens.
   *
   * @default none
   */
  readonly prefix?: string
  /**
   * Returns the owner of a key, or `undefined` or `null` for an unknown key. The request gets 503 if this function throws, takes
   * longer than one second, or returns another value. Look up the hash of the key: a comparison of keys with `===` takes
   * longer if more characters are equal.
   *
   * @example
   * apiKeys: {
   *   header: 'X-Api-Key',
   *   async verify(key) {
   *     const row = await keys.findByHash(sha256(key))
   *     return row && { subject: { kind: 'machine', id: row.service }, scopes: row.scopes }
   *   },
   * }
   */
  readonly verify: (key: string) => FoundOwner | Promise<FoundOwner>
}

/** The result of `verify`: the owner of a key. `undefined` or `null`: the key is unknown. */
type FoundOwner = ApiKeyOwner | undefined | null

/**
 * Options of `createMcpGuard`. The requirements (`scope`, `subject`, `clients`, `check` and so on) apply to every request. They are
 * the same as those of `requireToken`.
 */
export interface McpGuardOptions<Raw = unknown> extends OperationRequirements<Raw> {
  /**
   * The requirements for each tool, by its exact name.
   *
   * @default none
   */
  readonly tools?: Readonly<Record<string, OperationRequirements<Raw>>>
  /**
   * The requirements for each prompt, by its exact name.
   *
   * @default none
   */
  readonly prompts?: Readonly<Record<string, OperationRequirements<Raw>>>
  /**
   * The requirements for each resource, by its exact URI. They also apply to other spellings of the same URI.
   *
   * @default none
   */
  readonly resources?: Readonly<Record<string, OperationRequirements<Raw>>>
  /**
   * The requirements for methods, such as `tools/list`. `'anonymous'`: callers without a token may use the method. A caller with a
   * token must still meet the requirements of the guard. A batch needs a token unless `'anonymous'` is set for all its methods.
   *
   * @default none
   */
  readonly methods?: Readonly<Record<string, OperationRequirements<Raw> | 'anonymous'>>
  /**
   * The rule for tools, prompts and resources that are not listed. `'refuse'`: they get 403. `'floor'`: only the requirements of the
   * guard apply, so a new tool is open to every caller that meets them. An object sets the kinds separately. Methods that are not
   * listed are never refused: they need only the requirements of the guard.
   *
   * @default 'refuse' if tools, prompts or resources is set, otherwise 'floor'
   */
  readonly unlisted?:
    | 'refuse'
    | 'floor'
    | Partial<Readonly<Record<'tools' | 'prompts' | 'resources', 'refuse' | 'floor'>>>
  /**
   * Accepts API keys beside access tokens.
   *
   * @default only access tokens are accepted
   */
  readonly apiKeys?: ApiKeyOptions
  /**
   * The origins whose pages may call this server, such as `https://app.example.com`, or a function that returns whether pages of
   * an origin may call it. A request from another origin gets 403. A request without `Origin` passes this check: clients outside
   * of browsers send no `Origin`. `Host` is never read.
   *
   * Required if the option `resource` is not set. An empty array: no page may call this server.
   *
   * @default the origin of the option `resource`
   */
  readonly origins?: readonly string[] | ((origin: string) => boolean)
  /**
   * Responds to preflight requests, and lets pages of `origins` read responses. An object also sets `headers` (more request headers,
   * such as those that tools define: `Mcp-Param-Region`), `exposedHeaders` (more response headers) and `maxAge`.
   *
   * @default false
   */
  readonly cors?: boolean | Pick<CorsOptions, 'headers' | 'exposedHeaders' | 'maxAge'>
  /**
   * Maximum bytes of a body. A larger body gets 413. Does not apply to a body that other middleware has read.
   *
   * @default 1048576
   */
  readonly bodyLimit?: number
  /**
   * Defines whether the guard accepts requests of protocol versions before 2026-07-28, and batches. `'refuse'`: they get 400. Has
   * no effect on GET and DELETE.
   *
   * @default 'accept'
   */
  readonly legacy?: 'accept' | 'refuse'
  /**
   * `true`: `authInfo.token` is the token or the API key of the caller. Use it only for a token exchange (RFC 8693), and never send
   * the token to another server. `false`: it is the SHA-256 hash.
   *
   * @default false
   */
  readonly exposeToken?: boolean
  /**
   * `true` ends a response that is still being sent when the token of its request expires. Such a response is usually an event stream,
   * and the client connects again with a new token.
   *
   * @default false
   */
  readonly endStreamsAtExpiry?: boolean
}
