import { createServer } from 'node:http'
import type { AccessToken, Requirements, ResourceServerOptions } from '@bearward/core'
import { type Handler, listen, type RunningServer } from '../support/servers.ts'

/** A framework, and how its adapter is mounted in it. */
export interface Framework {
  readonly name: string
  /** Mounts the adapter on a server of its own that really listens. */
  start(mount: Mount): Promise<RunningServer>
}

export interface Mount {
  readonly options: ResourceServerOptions
  readonly routes: readonly Route[]
  /** How many bytes of header lines the server takes. */
  readonly maxHeaderSize: number
}

/** A guard and a handler behind it, for every method. */
export interface Route {
  /** Default: every path, with a guard for the whole application. */
  readonly path?: string
  readonly requirements: Requirements
  /**
   * To be called behind the guard, with what it has left on the request; what it resolves to is to be
   * answered as JSON, with 200.
   */
  readonly handle: (
    token: AccessToken | undefined,
    body: AsyncIterable<Uint8Array>,
  ) => Promise<object>
}

/** Listens, and when it is closed closes what stands behind it as well. */
export async function serve(
  handler: Handler,
  maxHeaderSize: number,
  behind: { close(): unknown },
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
