import { once } from 'node:events'
import { connect } from 'node:net'
import { bearerLine } from '../support/requests.ts'
import { parseResponse, type RawResponse, sendRaw } from '../support/servers.ts'
import { checkChallenges } from './challenges.ts'
import { PATH } from './servers.ts'

/** A request to a guarded server. */
export interface Sent {
  /** @default 'POST' */
  readonly method?: string
  /** @default '127.0.0.1' */
  readonly host?: string
  /** The target of the request: the path and the query. */
  readonly path?: string
  /** An access token for the scheme Bearer. */
  readonly token?: string | undefined
  /** Header lines after `Host`, in the order in which they are sent. A text is sent as its bytes in `latin1`. */
  readonly lines?: readonly string[]
  /** A text or bytes are sent unchanged. Another value is sent as JSON. `undefined`: the request has no body. */
  readonly body?: unknown
  /**
   * The value of `Content-Type`. `null`: the request has no such header.
   *
   * @default 'application/json'
   */
  readonly type?: string | null
  /** `true`: the body is sent in chunks, without its length. */
  readonly isChunked?: boolean
}

/** A response of a guarded server. */
export interface McpResponse extends RawResponse {
  /** Parses the body. */
  json(): unknown
  /** Returns a parameter of the challenge for the scheme Bearer. */
  challenge(name: string): string | undefined
}

/** Sends a request over a new socket. Checks the challenge of every refusal with the parsers of the SDKs. */
export async function send(port: number, sent: Sent): Promise<McpResponse> {
  const response = await sendRaw(port, writeRequest(sent))
  const parameters = checkChallenges(response)
  return {
    ...response,
    json: () => JSON.parse(readBody(response)) as unknown,
    challenge: (name) => parameters.get(name),
  }
}

/**
 * Sends a part of a request over a new socket, and no more. Resolves with the status of the response. Resolves with `undefined` if
 * the server closes the connection without a response. `isEnded`: the client closes its side after this part.
 */
export async function sendPart(
  port: number,
  part: Uint8Array,
  { isEnded }: { readonly isEnded: boolean },
): Promise<number | undefined> {
  const socket = connect(port, '127.0.0.1')
  if (isEnded) socket.end(part)
  else socket.write(part)
  // A reset after the response is not an error: the server did not read the rest of the request.
  const [chunk] = (await Promise.race([once(socket, 'data'), once(socket, 'close')]).catch(
    () => [],
  )) as readonly unknown[]
  socket.destroy()
  return Buffer.isBuffer(chunk) ? parseResponse(chunk.toString('latin1')).status : undefined
}

export function writeRequest(sent: Sent): Buffer {
  return Buffer.concat([writeHead(sent), writeContent(sent)])
}

export function writeHead({
  method = 'POST',
  host = '127.0.0.1',
  path = PATH,
  token,
  lines = [],
  body,
  type = 'application/json',
  isChunked = false,
}: Sent): Buffer {
  const bytes = toBytes(body)
  const head = [
    `${method} ${path} HTTP/1.1`,
    `Host: ${host}`,
    ...(token === undefined ? [] : [bearerLine(token)]),
    ...lines,
    ...(bytes === undefined || type === null ? [] : [`Content-Type: ${type}`]),
    ...writeFraming(bytes, isChunked),
    'Connection: close',
  ]
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1')
}

function writeContent({ body, isChunked = false }: Sent): Buffer {
  const bytes = toBytes(body) ?? Buffer.alloc(0)
  return isChunked ? Buffer.concat(toChunks(bytes)) : bytes
}

/** Returns the body as JSON text. */
export function toText(body: unknown): string {
  return typeof body === 'string' ? body : JSON.stringify(body)
}

/** Returns the id that an error response to a body repeats: the id of a message, and `null` for anything else. */
export function getId(body: unknown): unknown {
  const value: unknown = JSON.parse(toText(body))
  const isMessage = typeof value === 'object' && value !== null && !Array.isArray(value)
  return (isMessage && (value as { id?: unknown }).id) || null
}

function toBytes(body: unknown): Buffer | undefined {
  if (body === undefined) return undefined
  return body instanceof Uint8Array ? Buffer.from(body) : Buffer.from(toText(body))
}

function writeFraming(bytes: Buffer | undefined, isChunked: boolean): readonly string[] {
  if (bytes === undefined) return []
  return [isChunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${bytes.length}`]
}

/** Number of bytes of a chunk. It is odd, so that characters of several bytes are cut. */
const CHUNK = 4001

function toChunks(bytes: Buffer): readonly Buffer[] {
  const chunks: Buffer[] = []
  for (let at = 0; at < bytes.length; at += CHUNK) {
    const chunk = bytes.subarray(at, at + CHUNK)
    chunks.push(Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n'))
  }
  return [...chunks, Buffer.from('0\r\n\r\n')]
}

/** Returns the text of the body. Decodes chunks. */
export function readBody({ header, body }: RawResponse): string {
  if (header('Transfer-Encoding') === undefined) return Buffer.from(body, 'latin1').toString()
  let text = ''
  for (let rest = body; rest !== '';) {
    const end = rest.indexOf('\r\n')
    const length = parseInt(rest.slice(0, end), 16)
    text += rest.slice(end + 2, end + 2 + length)
    rest = length > 0 ? rest.slice(end + 4 + length) : ''
  }
  return Buffer.from(text, 'latin1').toString()
}
