import { createServer } from 'node:http'
import { afterAll } from 'vitest'
import { listen } from '../support/servers.ts'

/** A server on another origin, which must not get any connection. */
export interface OtherOrigin {
  readonly url: string
  /** Returns the number of connections. */
  readonly connections: () => number
}

/** Starts the server for the tests of one file. */
export async function startOtherOrigin(): Promise<OtherOrigin> {
  let connections = 0
  const server = createServer((_request, response) => void response.end('{}'))
  const { url, close } = await listen(server.on('connection', () => connections++))
  afterAll(close)
  return { url, connections: () => connections }
}
