import { connect } from 'node:net'

/** One load for one server. */
export interface Load {
  readonly port: number
  /** Which of the prepared requests to send, one after the other and from the start again. */
  readonly first: number
  readonly count: number
  /** It ends when so many have been sent, or after so many seconds, whichever comes first. */
  readonly requests: number
  readonly seconds: number
  readonly connections: number
  /** The status that every answer has to have. */
  readonly status: number
}

/** What came back. All times are in milliseconds. */
export interface Borne {
  readonly requests: number
  readonly elapsed: number
  /** How long each request took. */
  readonly latencies: readonly number[]
}

/**
 * Sends prepared requests over kept-alive connections, on each as soon as the last one is answered. Rejects where
 * an answer has another status.
 */
export async function generateLoad(load: Load, prepared: readonly Buffer[]): Promise<Borne> {
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
    answered: (latency) => latencies.push(latency),
  }
  await Promise.all(Array.from({ length: connections }, () => connection(load, exchange)))
  return { requests: latencies.length, elapsed: performance.now() - start, latencies }
}

interface Exchange {
  /** The next request; `undefined` where there shall be none. */
  next(): Buffer | undefined
  answered(latency: number): void
}

function connection({ port, status }: Load, exchange: Exchange): Promise<void> {
  const expected = Buffer.from(`HTTP/1.1 ${status} `)
  return new Promise((resolve, reject) => {
    let sentAt = 0
    let lengthBefore = 0
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
    socket.on('close', () => reject(new Error('the server has closed a connection')))

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
      // All answers of a load are alike: one that came whole, and is as long as the last one, needs no reading.
      if (received !== '' || length !== lengthBefore || !isExpected(chunk)) {
        received += chunk.toString('latin1', 0, length)
        if (!received.startsWith(expected.toString('latin1'))) {
          if (received.length < expected.length) return
          socket.destroy()
          reject(new Error(`expected ${status}, and got ${received.slice(0, 100)}`))
          return
        }
        if (!isWhole(received)) return
        lengthBefore = received.length
        received = ''
      }
      exchange.answered(performance.now() - sentAt)
      send()
    }

    function isExpected(chunk: Buffer): boolean {
      return expected.compare(chunk, 0, expected.length) === 0
    }
  })
}

function isWhole(answer: string): boolean {
  const head = answer.indexOf('\r\n\r\n')
  if (head < 0) return false
  const length = /\r\ncontent-length: (\d+)\r\n/i.exec(answer.slice(0, head + 2))?.[1]
  if (length === undefined) throw new Error('an answer does not say how long it is')
  return answer.length === head + 4 + Number(length)
}
