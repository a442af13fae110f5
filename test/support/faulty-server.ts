import { once } from 'node:events'
import {
  createServer as createHttpServer,
  type RequestListener,
  type ServerResponse,
} from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import type { ServerCertificate } from './certificate.ts'

/** A request that a fault has to answer, or not. */
export interface Exchange {
  readonly response: ServerResponse
  readonly socket: Socket
  /** What a good server would send: the text of a JSON document. */
  readonly document: string
  /** Says that the answer has no end: it is for the client to let go of the connection. */
  readonly endless: () => void
  /** Says the same of an answer that only time can make the client give up on. */
  readonly stall: () => void
}

/** How a server misbehaves. What is left out stays good. */
export interface Fault {
  /** Nobody listens on the port. */
  readonly refuses?: true
  /** Closes the connections that clients have kept. */
  readonly hangsUp?: true
  /** Does this with a new connection, instead of speaking HTTP or TLS. */
  readonly connection?: (connection: Pick<Exchange, 'socket' | 'stall'>) => void
  /** Shows this certificate on new connections. */
  readonly certificate?: ServerCertificate
  /** Does this with a request, instead of sending the document. */
  readonly answer?: (exchange: Exchange) => void
}

/** A server of JSON documents that can be made to fail in any way, at any time, on a port that it keeps. */
export interface FaultyServer {
  readonly url: string
  /** From now on this document stands at this path. */
  publish(path: string, document: object): void
  /** From now on this is wrong; without a fault, nothing is. */
  behave(fault?: Fault): Promise<void>
  /** How many connections with an endless answer the client has not let go of. */
  endless(): number
  /** How many of these have stalled. */
  stalled(): number
  close(): Promise<void>
}

export interface FaultyServerOptions {
  /** Is told the path of each request that comes through. */
  readonly onRequest: (path: string) => void
  /** Is told when a connection has stalled, and when one with an endless answer is closed. */
  readonly onStall: () => void
  /** Speaks TLS, and shows this. */
  readonly certificate?: ServerCertificate
}

export async function startFaultyServer(options: FaultyServerOptions): Promise<FaultyServer> {
  const { onRequest, onStall, certificate } = options
  const documents = new Map<string, string>()
  const connections = new Set<Socket>()
  const open = new Set<Socket>()
  const stalled = new Set<Socket>()
  let fault: Fault = {}
  let release = () => {}

  const respond: RequestListener = ({ url, socket }, response) => {
    onRequest(url!)
    const document = documents.get(url!)
    if (document === undefined) response.writeHead(404).end()
    else if (fault.answer) fault.answer({ response, socket, document, ...sayings(socket) })
    else response.writeHead(200, { 'Content-Type': 'application/json' }).end(document)
  }

  /** What a fault can say of its connection. */
  function sayings(socket: Socket): Pick<Exchange, 'endless' | 'stall'> {
    function endless(): void {
      open.add(socket)
      socket.once('close', () => {
        open.delete(socket)
        stalled.delete(socket)
        onStall()
      })
    }
    function stall(): void {
      endless()
      stalled.add(socket)
      onStall()
    }
    return { endless, stall }
  }

  const https = certificate && createHttpsServer(certificate, respond)
  const http = https ?? createHttpServer(respond)
  // Connections that are kept are closed by the test, or by the client.
  http.keepAliveTimeout = 0
  const front = createServer({ allowHalfOpen: true }, (socket) => {
    connections.add(socket)
    socket.once('close', () => connections.delete(socket))
    if (fault.connection) {
      // Only a socket that is read learns that its client has let go.
      const reading = socket.on('error', () => {}).on('end', () => socket.end())
      fault.connection({ socket: reading.resume(), ...sayings(socket) })
    } else http.emit('connection', socket)
  })
  const port = await listenOn(front, 0)

  /** Returns when the clients know. */
  async function hangUp(): Promise<void> {
    await Promise.all(
      Array.from(connections, (socket) => {
        socket.end()
        return once(socket, 'close')
      }),
    )
  }

  return {
    url: `${https ? 'https' : 'http'}://127.0.0.1:${port}`,
    publish: (path, document) => void documents.set(path, JSON.stringify(document)),
    async behave(next = {}) {
      // What was accepted under a fault of connections does not speak HTTP, and never will.
      const renews = [fault, next].some(isOfConnections)
      fault = next
      if (https) https.setSecureContext(next.certificate ?? certificate)
      if (renews) await hangUp()
      if (next.refuses && front.listening) release = await holder(port, () => front.close())
      if (!next.refuses && !front.listening) {
        await listenOn(front, port)
        release()
      }
    },
    endless: () => open.size,
    stalled: () => stalled.size,
    async close() {
      release()
      const closed = front.listening && new Promise((resolve) => front.close(resolve))
      for (const socket of connections) socket.destroy()
      await closed
    },
  }
}

function isOfConnections({ refuses, hangsUp, connection }: Fault): boolean {
  return refuses ?? hangsUp ?? connection !== undefined
}

async function listenOn(server: Server, port: number): Promise<number> {
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/**
 * Holds a port while nobody listens on it, so that the system gives it to no other process: as the near
 * end of a connection to somewhere else.
 */
async function holder(port: number, vacate: () => void): Promise<() => void> {
  const anchor = createServer()
  const host = '127.0.0.1'
  const anchorPort = await listenOn(anchor, 0)
  vacate()
  const held = connect({ host, port: anchorPort, localAddress: host, localPort: port })
  await once(held, 'connect')
  return () => {
    held.destroy()
    anchor.close()
  }
}
