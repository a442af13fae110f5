import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http'
import type { AccessToken, CorsOptions, Requirements, ResourceServerOptions } from '@bearward/core'
import { type Handler, listen, type RunningServer } from '../support/servers.ts'
import type { Difference } from './difference.ts'
import type { Inspection } from './inspection.ts'

/** A framework, with a function that starts a server with its adapter. */
export interface Framework {
  readonly name: string
  /** Changes of requests and responses by the framework, with the reasons. */
  readonly changes?: FrameworkChanges
  /** Starts a new server that listens, with the adapter mounted. */
  start(mount: Mount): Promise<RunningServer>
  /** Set if the servers are not in the process of the tests. */
  readonly elsewhere?: Elsewhere
}

/** A runtime whose servers are in another process. The tests control this process only through sockets. */
export interface Elsewhere {
  /** Starts a server for each mount, all in one process. Returns them in the same order. */
  startAll(mounts: readonly Mount[]): Promise<readonly RunningServer[]>
}

/**
 * Changes that a framework or a runtime makes to a request before the guard, or to a response after the guard. Each change has a
 * reason.
 */
export interface FrameworkChanges {
  /** Responses to HEAD have no `Content-Length`. */
  readonly headWithoutLength?: string
  /** A client must wait for a response before it sends the next request of a connection. */
  readonly noPipelining?: string
  /** Several header lines with one name are sent as one line, with a comma between the values (RFC 9110 section 5.3). */
  readonly joinedLines?: string
  /** Cases of the contract and attacks with another outcome. */
  readonly outcomes?: readonly Difference[]
}

/** Reason for `joinedLines` of every framework and runtime whose responses have web-standard `Headers`. */
export const JOINED_LINES = 'Headers join lines that have the same name, except Set-Cookie'

/** Options of a server with an adapter. */
export interface Mount {
  readonly options: ResourceServerOptions
  readonly routes: readonly Route[]
  /** Maximum number of bytes of header lines that the server accepts. */
  readonly maxHeaderSize: number
  /** Code that runs before every guard. */
  readonly before?: BeforeGuards
  /**
   * Creates the server. Only frameworks for Node use it.
   *
   * @default `createServer` of `node:http`
   */
  readonly createServer?: CreateServer | undefined
}

/** Creates a server that does not listen yet. */
export type CreateServer = (
  options: { readonly maxHeaderSize: number },
  handler: RequestListener,
) => Server

/** Code that runs before every guard, in this order. */
export interface BeforeGuards {
  /** Value that code of the application sets for `Vary`. */
  readonly vary?: string
  /** Options of the APIs whose metadata is served. */
  readonly metadata?: readonly ResourceServerOptions[]
  readonly cors?: CorsOptions
}

/** A guard and the handler behind it, for every method. */
export interface Route {
  /** Path of the route. If it is missing, the guard is for all paths of the application. */
  readonly path?: string
  readonly requirements: Requirements
  /**
   * The handler behind the guard. It gets the token of the request, and returns a body that is sent as JSON with 200. If the
   * guard is in another process, the handler gets a copy of the token, and `inspection` comes from that process.
   */
  readonly handle: (
    token: AccessToken | undefined,
    body: AsyncIterable<Uint8Array>,
    inspection?: Inspection,
  ) => Promise<object>
}

/** Starts a server for each mount. Returns the servers by the names of the mounts. */
export async function startAll<Name extends string>(
  { start, elsewhere }: Framework,
  mounts: Readonly<Record<Name, Mount>>,
): Promise<ReadonlyMap<Name, RunningServer>> {
  const all = Object.values<Mount>(mounts)
  const servers = await (elsewhere?.startAll(all) ?? Promise.all(all.map(start)))
  return new Map((Object.keys(mounts) as Name[]).map((name, i) => [name, servers[i]!]))
}

/** Starts a server. Its `close` also closes the application `behind`. */
export async function serve(
  handler: Handler,
  maxHeaderSize: number,
  behind: { close(): unknown },
  createServer: CreateServer = createHttpServer,
): Promise<RunningServer> {
  const server = await listen(
    createServer({ maxHeaderSize }, (request, response) => void handler(request, response)),
  )
  return {
    ...server,
    async close() {
      await server.close()
      await behind.close()
    },
  }
}
