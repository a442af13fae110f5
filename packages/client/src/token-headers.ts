import type { SourceProofs } from './dpop.ts'
import type { Token } from './token.ts'

/**
 * Header fields that authorize one request: `Authorization`, and `DPoP` if the option `dpop` is set. A proof in `DPoP` is valid
 * for one request. Do not log these values.
 *
 * @example
 * ```ts
 * { Authorization: 'DPoP eyJhbGciOi...', DPoP: 'eyJ0eXAiOiJk...' }
 * ```
 */
export type TokenHeaders = Readonly<Record<string, string>> & {
  /** Scheme and token. */
  readonly Authorization: string
}

/** Creates the header fields for one request with a token. */
export async function createTokenHeaders(
  { type, value }: Token,
  { method, url }: { readonly method: string; readonly url: URL },
  dpop: SourceProofs | undefined,
): Promise<TokenHeaders> {
  const Authorization = `${type} ${value}`
  if (dpop === undefined) return { Authorization }
  const nonce = dpop.apiNonces.get(url)
  return { Authorization, DPoP: await dpop.createProof({ method, url, nonce, token: value }) }
}
