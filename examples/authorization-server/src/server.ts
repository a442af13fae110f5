import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { configurationOf, idTokenAlgorithm } from './configuration.ts'
import { loadEngine, quietly } from './engine.ts'
import type { AuthorizationServerOptions } from './options.ts'
import { signingKeys } from './signing-keys.ts'
import type { SigningAlgorithm, SigningKey } from './signing-keys.ts'

/** An authorization server that is listening. */
export interface AuthorizationServer {
  /** `http://127.0.0.1:<port>`, the `iss` of its tokens. */
  readonly issuer: string
  readonly port: number
  /** Its private keys. Given to the next start, they make a restart without a rotation. */
  readonly keys: readonly SigningKey[]
  /** Stops listening and ends every connection, idle or busy. It may be called again. */
  close(): Promise<void>
}

/**
 * Starts a complete authorization server (OAuth 2.0 and OpenID Connect) on loopback.
 *
 * @remarks It is oidc-provider, with everything in memory: what was issued before a restart is
 * forgotten, and unless `keys` are given, each start has new keys under the same key ids.
 * Its login form takes any password, so it is for demonstrations and tests only.
 *
 * @throws The error of `listen`, such as `EADDRINUSE`, and oidc-provider's on impossible options.
 */
export async function startAuthorizationServer(
  options: AuthorizationServerOptions,
): Promise<AuthorizationServer> {
  const engine = await loadEngine()
  const keys = await signingKeys(algorithmsOf(options), options.keys ?? [])
  const server = createServer()
  const port = await listen(server, options.port ?? 0)
  const issuer = `http://127.0.0.1:${port}`
  const close = closerOf(server)
  try {
    const configuration = configurationOf(options, keys, engine)
    const provider = quietly(() => new engine.Provider(issuer, configuration))
    provider.on('server_error', (_context: unknown, error: unknown) => console.error(error))
    const answer = provider.callback()
    server.on('request', (request, response) => void answer(request, response))
  } catch (error) {
    await close()
    throw error
  }
  return { issuer, port, keys, close }
}

function algorithmsOf(options: AuthorizationServerOptions): SigningAlgorithm[] {
  const ofAccessTokens = options.resources
    .filter((resource) => resource.format !== 'opaque')
    .map((resource) => resource.algorithm ?? 'RS256')
  return [...ofAccessTokens, idTokenAlgorithm(options)]
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

function closerOf(server: Server): () => Promise<void> {
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
  // Clients in this process take a moment to notice. Until then `fetch` would send its next
  // request, perhaps to a server that has started on the same port, down a connection that is gone.
  await pause(10)
}
