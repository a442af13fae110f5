import {
  type ReceivedRequest,
  type Script,
  type ScriptedServer,
  scriptedServer,
} from '../../../test/support/scripted-server.ts'

export type { ReceivedRequest, Script }

/** Authorization server on loopback. A test sets the responses of its token endpoint. */
export interface TokenServer extends ScriptedServer {
  /** Replaces the metadata. */
  publish(metadata: (url: string) => Script): void
}

/** Grants `token-1`, `token-2` and so on, each for 600 seconds. */
export const grantTokens: Script = ({ number }: ReceivedRequest) => grant(number)

/** Returns the members of a successful token response. */
export function grant(number: number, more: Record<string, unknown> = {}): Record<string, unknown> {
  return { access_token: `token-${number}`, token_type: 'Bearer', expires_in: 600, ...more }
}

/** Creates a script that sends an error response (RFC 6749 section 5.2). */
export function respondWithError(
  error: string,
  { status = 400, headers = {}, ...more }: Record<string, unknown> = {},
): (request: ReceivedRequest) => void {
  return ({ response }) => {
    response.writeHead(status as number, {
      'Content-Type': 'application/json',
      ...(headers as object),
    })
    response.end(JSON.stringify({ error, ...more }))
  }
}

/** Starts an authorization server whose token endpoint behaves like `first`. */
export async function createTokenServer(first: Script = grantTokens): Promise<TokenServer> {
  let metadata = (url: string): Script => ({ issuer: url, token_endpoint: `${url}/token` })
  const server = await scriptedServer('/token', first, (url) => ({
    '/.well-known/openid-configuration': metadata(url),
  }))
  return { ...server, publish: (next) => void (metadata = next) }
}
