import { connect } from 'node:net'

/** Options for a load on one server. */
export interface Load {
  readonly port: number
  /** Range of the prepared requests: index of the first one, and `count`. They are sent in order, repeatedly. */
  readonly first: number
  readonly count: number
  /** Maximum number of requests. The load ends at this number or after `seconds`, whichever comes first. */
  readonly requests: number
  readonly seconds: number
  readonly connections: number
  /** Status that every response must have. */
  readonly status: number
}

/** Result of a load. All times are in milliseconds. */
export interface LoadResult {
  readonly requests: number
  readonly elapsed: number
  /** Duration of each request. */
  readonly latencies: readonly number[]
}

/**
 * Sends prepared requests over persistent connections. Each connection sends its next request as soon as it has
 * received the response. Rejects if a response has a different status.
 */
export async function generateLoad(load: Load, prepared: readonly Buffer[]): Promise<LoadResult> {
  const { first, count, seconds, connections } = load
  const latencies: number[] = []
  const start = performance.now()
  const end = start + seconds * 1000
  let sent = 0
  const exchange: Exchange = {
    next: () => {
      if (sent === load.requests || performance.now() >= end) return undefined
      return prepared[first + (sent++ % count)]!
    },
    onResponse: (latency) => latencies.push(latency),
  }
  const stopPolling = startPolling()
  await Promise.all(Array.from({ length: connections }, () => runConnection(load, exchange)))
  stopPolling()
  return { requests: latencies.length, elapsed: performance.now() - start, latencies }
}

/**
 * Keeps this process busy, because otherwise a server needs time to wake it up. A slow server would have to wake it up more
 * often, because more of its clients wait. Returns a function that ends this work.
 */
function startPolling(): () => void {
  let isPolling = true
  const poll = () => {
    if (isPolling) setImmediate(poll)
  }
  poll()
  return () => {
    isPolling = false
  }
}

interface Exchange {
  /** Returns the next request, or `undefined` at the end of the load. */
  next(): Buffer | undefined
  onResponse(latency: number): void
}

function runConnection({ port, status }: Load, exchange: Exchange): Promise<void> {
  const expected = Buffer.from(`HTTP/1.1 ${status} `)
  return new Promise((resolve, reject) => {
    let sentAt = 0
    let lastLength = 0
    let received = ''
    const socket = connect({
      port,
      host: '127.0.0.1',
      onread: {
        buffer: Buffer.allocUnsafe(16_384),
        callback(length, chunk) {
          read(length, chunk as Buffer)
          return true
        },
      },
    })
    socket.setNoDelay(true)
    socket.on('connect', send)
    socket.on('error', reject)
    socket.on('close', () => reject(new Error('the server closed a connection')))

    function send(): void {
      const request = exchange.next()
      if (request === undefined) {
        resolve()
        socket.destroy()
        return
      }
      sentAt = performance.now()
      socket.write(request)
    }

    function read(length: number, chunk: Buffer): void {
      // All responses of a load have the same length. A chunk with the length of the last response is complete, and is not parsed.
      if (received !== '' || length !== lastLength || !isExpected(chunk)) {
        received += chunk.toString('latin1', 0, length)
        if (!received.startsWith(expected.toString('latin1'))) {
          if (received.length < expected.length) return
          socket.destroy()
          reject(new Error(`expected ${status}, received ${received.slice(0, 100)}`))
          return
        }
        if (!isComplete(received)) return
        lastLength = received.length
        received = ''
      }
      exchange.onResponse(performance.now() - sentAt)
      send()
    }

    function isExpected(chunk: Buffer): boolean {
      return expected.compare(chunk, 0, expected.length) === 0
    }
  })
}

function isComplete(response: string): boolean {
  const head = response.indexOf('\r\n\r\n')
  if (head < 0) return false
  const length = /\r\ncontent-length: (\d+)\r\n/i.exec(response.slice(0, head + 2))?.[1]
  if (length === undefined) throw new Error('the response has no Content-Length')
  return response.length === head + 4 + Number(length)
}
