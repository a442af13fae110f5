import type { JWK } from 'jose'

/** A server that contestants guard. */
export interface McpServerOptions {
  /** Public key of the issuer. */
  readonly issuerKey: JWK
  /** Requirements of each tool. */
  readonly tools: Readonly<Record<string, { readonly scope: string }>>
}

/** Responds to a request. */
export type Handle = (request: Request) => Promise<Response>

/**
 * Creates a guarded server. If a request passes, the server calls `execute` with the parsed body, and returns the response of
 * `execute`.
 */
export type McpContestant = (
  server: McpServerOptions,
  execute: (body: unknown) => Response,
) => Handle
