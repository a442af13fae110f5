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
  /** `http://127.0.0.1:<port>`. It is the `iss` of the tokens. */
  readonly issuer: string
  readonly port: number
  /** Private keys. Pass them to the next start to restart without a key rotation. */
  readonly keys: readonly SigningKey[]
  /** Stops listening and closes all connections. Can be called more than once. */
  close(): Promise<void>
}

/**
 * Starts an authorization server (OAuth 2.0 and OpenID Connect) on 127.0.0.1.
 *
 * @remarks It is oidc-provider with all data in memory. A restart loses all sessions and opaque tokens, and
 * creates new keys with the same key ids unless `keys` are given. The login form accepts any password: use
 * it for examples and tests only.
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
    const answer = provider.callback()
    server.on('request', (request, response) => void answer(request, response))
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
  // `fetch` in this process needs a moment to notice closed connections. Without the pause it could use
  // such a connection for its next request, to a server that has started on the same port.
  await pause(10)
}
