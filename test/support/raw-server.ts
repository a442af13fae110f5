import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'

/** A server whose responses are bytes, which do not have to be valid HTTP. */
export interface RawServer {
  readonly url: string
  /** Heads and bodies of the requests, in order. */
  readonly requests: readonly string[]
  /** Connections, in order. */
  readonly connections: readonly Socket[]
  close(): Promise<void>
}

/** Responds to one request. */
export type RawResponder = (socket: Socket, request: string) => unknown

/** Starts a server on 127.0.0.1. It calls `respond` when a request is complete. */
export async function listenRaw(respond: RawResponder): Promise<RawServer> {
  const requests: string[] = []
  const connections: Socket[] = []
  const server = createServer((socket) => {
    connections.push(socket)
    let received = ''
    socket.on('error', () => {})
    socket.on('data', (bytes) => {
      received += bytes.toString('latin1')
      if (!isComplete(received)) return
      const request = received
      received = ''
      requests.push(request)
      respond(socket, request)
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    connections,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of connections) socket.destroy()
      }),
  }
}

function isComplete(request: string): boolean {
  const body = request.indexOf('\r\n\r\n') + 4
  if (body < 4) return false
  const length = Number(/^content-length: (\d+)\r$/im.exec(request)?.[1] ?? 0)
  return request.length >= body + length
}
