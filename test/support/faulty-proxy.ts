import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A TCP proxy on the loopback address that can lose replies. */
export interface FaultyProxy {
  readonly port: number
  /**
   * Sets the function that decides about each chunk of the server: `pass` it, `hold` it and all later chunks, or `cut` the
   * connection without it. By default, every chunk passes.
   */
  onReply(decide: (chunk: string) => 'pass' | 'hold' | 'cut'): void
  /** Number of connections that were cut. */
  cuts(): number
  /** Number of chunks that are held. */
  held(): number
  /** Passes the chunks that are held. The function of `onReply` decides about later chunks again. */
  release(): void
  /** Closes all connections. Later connections lead to the server on this port, like an address that moves to another server. */
  redirect(target: number): void
  close(): Promise<void>
}

/** Starts a proxy for a server on this port. */
export async function startFaultyProxy(target: number): Promise<FaultyProxy> {
  const sockets = new Set<Socket>()
  const held: (() => void)[] = []
  const holding = new Set<Socket>()
  let decide: (chunk: string) => 'pass' | 'hold' | 'cut' = () => 'pass'
  let cuts = 0

  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1')
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        holding.delete(client)
        client.destroy()
        upstream.destroy()
      })
    }
    client.pipe(upstream)
    upstream.on('data', (chunk) => {
      const decision = holding.has(client) ? 'hold' : decide(chunk.toString('latin1'))
      if (decision === 'pass') client.write(chunk)
      else if (decision === 'cut') {
        cuts++
        client.destroy()
      } else {
        holding.add(client)
        held.push(() => client.write(chunk))
      }
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    onReply: (next) => void (decide = next),
    cuts: () => cuts,
    held: () => held.length,
    release() {
      holding.clear()
      held.splice(0).forEach((pass) => pass())
    },
    redirect(next) {
      target = next
      for (const socket of sockets) socket.destroy()
    },
    async close() {
      server.close()
      for (const socket of sockets) socket.destroy()
      await once(server, 'close')
    },
  }
}
