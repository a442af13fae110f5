import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { getIdTokenAlgorithm, toConfiguration } from './configuration.ts'
import { loadOidcProvider, withoutNotices } from './load-oidc-provider.ts'
import type { AuthorizationServerOptions } from './options.ts'
import { createSigningKeys } from './signing-keys.ts'
import type { SigningAlgorithm, SigningKey } from './signing-keys.ts'

/** A running authorization server. */
export interface AuthorizationServer {
  /** The `iss` of the tokens: `http://127.0.0.1:<port>`. */
  readonly issuer: string
  readonly port: number
  /** Private keys. To restart without a key rotation, pass them as `keys`. */
  readonly keys: readonly SigningKey[]
  /** Stops listening and closes all connections. You can call it more than once. */
  close(): Promise<void>
}

/**
 * Starts an authorization server (OAuth 2.0 and OpenID Connect) on 127.0.0.1.
 *
 * @remarks The server is oidc-provider with all data in memory. A restart loses all sessions and opaque tokens.
 * If `keys` is not set, a restart also creates new keys with the same key ids. The login form accepts any password,
 * so use the server for examples and tests only.
 *
 * @throws {Error} If the server cannot listen (`EADDRINUSE`), or if oidc-provider rejects the options.
 */
export async function startAuthorizationServer(
  options: AuthorizationServerOptions,
): Promise<AuthorizationServer> {
  const oidcProvider = await loadOidcProvider()
  const keys = await createSigningKeys(getAlgorithms(options), options.keys ?? [])
  const server = createServer()
  const port = await listen(server, options.port ?? 0)
  const issuer = `http://127.0.0.1:${port}`
  const close = createClose(server)
  try {
    const configuration = toConfiguration(options, keys, oidcProvider)
    const provider = withoutNotices(() => new oidcProvider.Provider(issuer, configuration))
    provider.on('server_error', (_context: unknown, error: unknown) => console.error(error))
    const handle = provider.callback()
    server.on('request', (request, response) => void handle(request, response))
  } catch (error) {
    await close()
    throw error
  }
  return { issuer, port, keys, close }
}

function getAlgorithms(options: AuthorizationServerOptions): SigningAlgorithm[] {
  const accessTokenAlgorithms = options.resources
    .filter((resource) => resource.format !== 'opaque')
    .map((resource) => resource.algorithm ?? 'RS256')
  return [...accessTokenAlgorithms, getIdTokenAlgorithm(options)]
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject)
      resolve()
    })
  })
  return (server.address() as AddressInfo).port
}

function createClose(server: Server): () => Promise<void> {
  let closed: Promise<void> | undefined
  return () => {
    closed ??= closeNow(server)
    return closed
  }
}

async function closeNow(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
  // `fetch` detects closed connections only after a moment. Without the pause, it could reuse a closed
  // connection for a request to a new server on the same port.
  await pause(10)
}
