import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'

/** A server on the loopback address, on a free port. */
export interface RunningServer {
  readonly url: string
  readonly port: number
  close(): Promise<void>
}

/** Handles requests. Its return value is ignored. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => unknown

/** Starts a server on a free port. */
export async function listen(handler: Handler | Server): Promise<RunningServer> {
  const server =
    typeof handler === 'function' ? createServer((req, res) => void handler(req, res)) : handler
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** A response with its header lines in the received form. */
export interface RawResponse {
  readonly status: number
  /** Header lines, in order. */
  readonly rawHeaders: readonly (readonly [name: string, value: string])[]
  header(name: string): string | undefined
  readonly body: string
}

/**
 * Sends the bytes of a request over a new socket, for requests that HTTP clients do not send. Reads the response
 * until the server closes the connection, so the request must contain `Connection: close`.
 *
 * A server can respond before it has read a large request, and then reset the connection. If the operating system drops the
 * response because of the reset, the request is sent again.
 */
export async function sendRaw(port: number, request: string | Uint8Array): Promise<RawResponse> {
  for (let attempt = 1; ; attempt++) {
    const socket = connect(port, '127.0.0.1')
    socket.write(request)
    const text = await readToEnd(socket)
    if (text !== 'reset') return parseResponse(text)
    if (attempt === ATTEMPTS) throw new Error(`The server reset ${attempt} connections.`)
  }
}

const ATTEMPTS = 5

/**
 * Sends requests over one new socket, each after the response to the previous request. The last request must contain
 * `Connection: close`, and the responses must have a `Content-Length`.
 */
export async function sendInTurn(
  port: number,
  requests: readonly string[],
): Promise<RawResponse[]> {
  const socket = connect(port, '127.0.0.1')
  const responses: RawResponse[] = []
  let text = ''
  socket.write(requests[0]!, 'latin1')
  for await (const chunk of socket) {
    text += (chunk as Buffer).toString('latin1')
    if (!text.includes('\r\n\r\n')) continue
    const response = parseResponse(text)
    if (response.body.length !== Number(response.header('Content-Length'))) continue
    text = ''
    const next = requests[responses.push(response)]
    if (next !== undefined) socket.write(next, 'latin1')
  }
  return responses
}

/** Sends a GET with these header lines, which are not changed (`latin1`). */
export function getWithLines(port: number, path: string, lines: readonly string[]) {
  const head = [`GET ${path} HTTP/1.1`, 'Host: 127.0.0.1', ...lines, 'Connection: close']
  return sendRaw(port, Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'))
}

/**
 * Reads until the server closes the connection. A reset after a response is not an error. Returns `'reset'` if the server resets the
 * connection and no part of a response has been read.
 */
function readToEnd(socket: Socket): Promise<string> {
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk))
  return new Promise((resolve, reject) => {
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (chunks.length > 0) return
      if (error.code === 'ECONNRESET' || error.code === 'EPIPE') resolve('reset')
      else reject(error)
    })
    socket.once('close', () => resolve(Buffer.concat(chunks).toString('latin1')))
  })
}

/** Parses the text of a response. Does not decode chunks. */
export function parseResponse(text: string): RawResponse {
  const end = text.indexOf('\r\n\r\n')
  const [statusLine, ...lines] = text.slice(0, end).split('\r\n')
  const rawHeaders = lines.map((line) => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon), line.slice(colon + 1).trim()] as const
  })
  return {
    status: Number(statusLine!.split(' ')[1]),
    rawHeaders,
    header: (name) => rawHeaders.find(([n]) => n.toLowerCase() === name.toLowerCase())?.[1],
    body: text.slice(end + 4),
  }
}
