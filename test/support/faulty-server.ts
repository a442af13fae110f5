import { once } from 'node:events'
import {
  createServer as createHttpServer,
  type RequestListener,
  type ServerResponse,
} from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import type { ServerCertificate } from './certificate.ts'

/** A request that a fault handles. The fault can respond or not. */
export interface Exchange {
  readonly response: ServerResponse
  readonly socket: Socket
  /** The body that a working server would send: the text of a JSON document. */
  readonly document: string
  /** Called by the fault if its response has no end, so that only the client can close the connection. */
  readonly endless: () => void
  /** Called by the fault instead of `endless` if the client can detect the fault only by a timeout. */
  readonly stall: () => void
}

/** Fault of a server. Each member changes one part of the behavior of the server. All other parts work. */
export interface Fault {
  /** The server does not listen. */
  readonly refuses?: true
  /** Closes all connections when the fault is set. */
  readonly hangsUp?: true
  /** Called for each new connection, instead of HTTP or TLS. */
  readonly connection?: (connection: Pick<Exchange, 'socket' | 'stall'>) => void
  /** Certificate for new connections. */
  readonly certificate?: ServerCertificate
  /** Called for each request, instead of a response with the document. */
  readonly answer?: (exchange: Exchange) => void
}

/** A server of JSON documents with faults that a test can change at any time. Its port stays the same. */
export interface FaultyServer {
  readonly url: string
  /** Sets the document at a path. */
  publish(path: string, document: object): void
  /** Sets the fault. If there is none, the server works. */
  behave(fault?: Fault): Promise<void>
  /** Returns the number of open connections whose response has no end. */
  endless(): number
  /** Returns the number of open connections that a fault has reported with `stall`. */
  stalled(): number
  close(): Promise<void>
}

export interface FaultyServerOptions {
  /** Called with the path of each HTTP request. */
  readonly onRequest: (path: string) => void
  /** Called when a connection has stalled, and when a connection whose response has no end is closed. */
  readonly onStall: () => void
  /** Certificate for HTTPS. If it is missing, the server uses HTTP. */
  readonly certificate?: ServerCertificate
}

/** Starts a server on 127.0.0.1 without a fault and without documents. */
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
    else if (fault.answer) fault.answer({ response, socket, document, ...createReports(socket) })
    else response.writeHead(200, { 'Content-Type': 'application/json' }).end(document)
  }

  /** Returns the functions with which a fault reports the state of its connection. */
  function createReports(socket: Socket): Pick<Exchange, 'endless' | 'stall'> {
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
  // Only the test and the client close idle connections.
  http.keepAliveTimeout = 0
  const front = createServer({ allowHalfOpen: true }, (socket) => {
    connections.add(socket)
    socket.once('close', () => connections.delete(socket))
    if (fault.connection) {
      // A socket detects that the client has closed the connection only while it is read.
      const reading = socket.on('error', () => {}).on('end', () => socket.end())
      fault.connection({ socket: reading.resume(), ...createReports(socket) })
    } else http.emit('connection', socket)
  })
  const port = await listenOn(front, 0)

  /** Closes all connections. Resolves when the clients have closed them, too. */
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
      // A connection that was accepted by `fault.connection` has no HTTP parser, so close it.
      const closesAll = [fault, next].some(closesConnections)
      fault = next
      if (https) https.setSecureContext(next.certificate ?? certificate)
      if (closesAll) await hangUp()
      if (next.refuses && front.listening) release = await holdPort(port, () => front.close())
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

function closesConnections({ refuses, hangsUp, connection }: Fault): boolean {
  return refuses ?? hangsUp ?? connection !== undefined
}

async function listenOn(server: Server, port: number): Promise<number> {
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/**
 * Reserves a port on which no server listens, so that the system does not give it to another process. The port
 * is the local end of a connection. `vacate` stops the server. Returns a function that frees the port.
 */
async function holdPort(port: number, vacate: () => void): Promise<() => void> {
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
