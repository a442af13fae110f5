import { createServer } from 'node:http'
import { afterAll } from 'vitest'
import { listen } from '../support/servers.ts'

/** Another origin, which nobody has any business with. */
export interface Canary {
  readonly url: string
  /** How many connections it has seen. */
  readonly connections: () => number
}

/** Starts a canary for the tests of this file. */
export async function startCanary(): Promise<Canary> {
  let connections = 0
  const server = createServer((_request, response) => void response.end('{}'))
  const { url, close } = await listen(server.on('connection', () => connections++))
  afterAll(close)
  return { url, connections: () => connections }
}
