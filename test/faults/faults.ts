import type { KeysFailedEvent } from '@bearward/core'
import { gzipSync } from 'node:zlib'
import type { ServerCertificate } from '../support/certificate.ts'
import type { Exchange, Fault } from '../support/faulty-server.ts'
import type { OtherOrigin } from './other-origin.ts'

type Failure = KeysFailedEvent['failure']

/** The documents that a fault affects: the metadata, the keys, or both. */
export type Place = 'everywhere' | 'metadata' | 'keys'

/** One fault of an authorization server, and its expected effects. */
export interface FaultCase {
  readonly title: string
  readonly fault: Fault
  /** Failure codes in the events, for a fault of the metadata and for a fault of the keys. */
  readonly failure: { readonly metadata?: Failure; readonly keys?: Failure }
  /** Effect on discovery: it continues with the next URL, or it stops. */
  readonly discovery: 'stops' | 'continues'
  /** `true` if the call is repeated once, immediately. */
  readonly repeated?: true
  /** `true` if the server does not get the request. */
  readonly isRefusedEarly?: boolean
}

const JSON_TYPE = { 'Content-Type': 'application/json' }
const MEGABYTE = 1_048_576

/** Creates a fault without a complete, valid HTTP response. */
function withoutResponse(title: string, fault: Fault, more: Partial<FaultCase> = {}): FaultCase {
  const failure = { metadata: 'unreachable', keys: 'unreachable' } as const
  return { title, fault, failure, discovery: 'stops', ...more }
}

/** Creates a fault that only the timeout ends. */
function withoutEnd(title: string, fault: Fault, more: Partial<FaultCase> = {}): FaultCase {
  const failure = { metadata: 'timeout', keys: 'timeout' } as const
  return { title, fault, failure, discovery: 'stops', ...more }
}

/** Creates a fault with a valid HTTP response that is not usable. */
function withResponse(
  title: string,
  failure: Failure | FaultCase['failure'],
  answer: Fault['answer'],
  discovery: FaultCase['discovery'] = 'continues',
): FaultCase {
  const failures = typeof failure === 'string' ? { metadata: failure, keys: failure } : failure
  return { title, fault: { answer: answer! }, failure: failures, discovery }
}

/** Returns an answer that sends `text(document)` instead of the document. */
function send(
  text: (document: string) => string | Uint8Array,
  headers: Readonly<Record<string, string>> = JSON_TYPE,
): (exchange: Exchange) => void {
  return ({ response, document }) => void response.writeHead(200, headers).end(text(document))
}

/** Returns an answer that sends the valid document with another status, or no body if the status allows none. */
function status(code: number, headers: Readonly<Record<string, string>> = {}) {
  return ({ response, document }: Exchange) => {
    const empty = code === 204 || code === 304
    response.writeHead(code, { ...JSON_TYPE, ...headers }).end(empty ? undefined : document)
  }
}

/** Returns an answer that writes `text`, which is not a usable HTTP response, and closes the connection. */
function raw(text: string) {
  return ({ socket }: Exchange) => void socket.end(text)
}

/** Reads from the connection, and sends nothing. */
function ignore({ socket, stall }: Pick<Exchange, 'socket' | 'stall'>): void {
  socket.once('data', stall)
}

/** Writes the text byte by byte, repeatedly, without end. */
function drip({ socket, stall }: Exchange, text: string): void {
  let sent = 0
  const dripping = setInterval(() => {
    socket.write(text[sent++ % text.length]!)
    if (sent === 3) stall()
  }, 2)
  socket.once('close', () => clearInterval(dripping))
}

/** Sends a body of spaces until the client closes the connection. */
function flood({ response, endless }: Exchange): void {
  endless()
  response.writeHead(200, JSON_TYPE)
  const more = () => {
    while (!response.destroyed && response.write(' '.repeat(65_536)));
    if (!response.destroyed) response.once('drain', more)
  }
  more()
}

/** Returns an answer that sends the document after a change to its JSON. */
function edit(change: (document: Record<string, unknown>) => object) {
  return send((document) => JSON.stringify(change(JSON.parse(document) as Record<string, unknown>)))
}

function withMoreKeys(count: number) {
  return edit(({ keys }) => ({
    keys: [...(keys as object[]), ...Array.from({ length: count }, () => ({ kty: 'EC' }))],
  }))
}

function withX5c(bytes: number) {
  return edit(({ keys }) => {
    const [first, ...others] = keys as object[]
    return { keys: [{ ...first, x5c: ['A'.repeat(bytes)] }, ...others] }
  })
}

const BOMB = gzipSync(Buffer.alloc(50 * MEGABYTE, ' '))

const CONNECTIONS: readonly FaultCase[] = [
  withoutResponse('a closed port', { refuses: true }, { isRefusedEarly: true }),
  withoutResponse(
    'a connection that is reset',
    { answer: ({ socket }) => void socket.resetAndDestroy() },
    { repeated: true },
  ),
  withoutResponse(
    'a connection that is closed',
    { answer: ({ socket }) => void socket.end() },
    { repeated: true },
  ),
  withoutResponse('a protocol that is not HTTP', { answer: raw('SSH-2.0-OpenSSH_9.6\r\n') }),
  withoutResponse('header lines of 1 MB', {
    answer: raw(`HTTP/1.1 200 OK\r\nX-Padding: ${'x'.repeat(MEGABYTE)}\r\n\r\n{}`),
  }),
  withoutResponse('half a body, then a reset', {
    answer({ response, socket, document }) {
      response.writeHead(200, { ...JSON_TYPE, 'Content-Length': document.length })
      response.write(document.slice(0, 20), () => void socket.resetAndDestroy())
    },
  }),
  withoutResponse('half a body, then a closed connection', {
    answer({ response, socket, document }) {
      response.writeHead(200, { ...JSON_TYPE, 'Content-Length': document.length })
      response.write(document.slice(0, 20), () => void socket.end())
    },
  }),
  withoutResponse('a wrong Content-Encoding', {
    answer: send((document) => document, { ...JSON_TYPE, 'Content-Encoding': 'gzip' }),
  }),

  withoutEnd(
    'a connection that is accepted, then silence',
    { hangsUp: true, connection: ignore },
    { isRefusedEarly: true },
  ),
  withoutEnd('a request without a response', { answer: ({ stall }) => stall() }),
  withoutEnd('header lines, then silence', {
    answer({ response, stall }) {
      response.writeHead(200, JSON_TYPE).flushHeaders()
      stall()
    },
  }),
  withoutEnd('half a body, then silence', {
    answer({ response, document, stall }) {
      response.writeHead(200, JSON_TYPE).write(document.slice(0, 20))
      stall()
    },
  }),
  withoutEnd('header lines that arrive byte by byte', {
    answer(exchange) {
      exchange.socket.write('HTTP/1.1 200 OK\r\nX-Padding: ')
      drip(exchange, 'x')
    },
  }),
  withoutEnd('a body that arrives byte by byte', {
    answer(exchange) {
      exchange.socket.write('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{"keys":[')
      drip(exchange, ' \n')
    },
  }),
]

const STATUSES: readonly FaultCase[] = [
  ...[204, 206, 401, 403, 404, 410].map((code) =>
    withResponse(`status ${code}`, 'status', status(code)),
  ),
  withResponse('status 304 without a condition', 'redirect', status(304)),
  withResponse('status 429', 'status', status(429, { 'Retry-After': '1' }), 'stops'),
  ...[500, 502, 503].map((code) => withResponse(`status ${code}`, 'status', status(code), 'stops')),
]

const BODIES: readonly FaultCase[] = [
  withResponse(
    'an HTML page',
    'content_type',
    send(() => '<html><title>Maintenance</title></html>', { 'Content-Type': 'text/html' }),
  ),
  withResponse(
    'the document as text/plain',
    'content_type',
    send((document) => document, { 'Content-Type': 'text/plain' }),
  ),
  withResponse(
    'the document without a type',
    'content_type',
    send((document) => document, {}),
  ),
  withResponse(
    'an empty body',
    'malformed',
    send(() => ''),
  ),
  withResponse(
    'half of the document',
    'malformed',
    send((document) => document.slice(0, 20)),
  ),
  withResponse(
    'an array around the document',
    'malformed',
    send((document) => `[${document}]`),
  ),
  withResponse(
    'null',
    'malformed',
    send(() => 'null'),
  ),
  withResponse(
    'a duplicate member',
    'malformed',
    send((document) => document.replace(/"\w+":/, (member) => `${member}[],${member}`)),
  ),
  withResponse(
    'a byte order mark',
    'malformed',
    send((document) => `\uFEFF${document}`),
  ),
  withResponse(
    'bytes that are not UTF-8',
    'malformed',
    send((document) => Buffer.from(document.replace('{', '{"name":"\xFF",'), 'latin1')),
  ),
  withResponse(
    'an empty object',
    { metadata: 'issuer_mismatch', keys: 'unusable_key_set' },
    send(() => '{}'),
  ),
  withResponse(
    'a document of 1 MB and one byte',
    'too_large',
    send((document) => document.padEnd(MEGABYTE + 1)),
    'stops',
  ),
  withResponse('a body without end', 'too_large', flood, 'stops'),
  withResponse(
    '50 MB compressed to 50 kB',
    'too_large',
    send(() => BOMB, { ...JSON_TYPE, 'Content-Encoding': 'gzip' }),
    'stops',
  ),
]

const redirectsTo = ({ url }: OtherOrigin): readonly FaultCase[] => [
  ...[301, 302, 307, 308].flatMap((code) => [
    withResponse(
      `${code} to the same origin`,
      'redirect',
      status(code, { Location: '/elsewhere' }),
    ),
    withResponse(
      `${code} to another origin`,
      'redirect',
      status(code, { Location: `${url}/jwks` }),
    ),
  ]),
  withResponse('a redirect to itself', 'redirect', status(302, { Location: '' })),
  withResponse('a redirect to a file', 'redirect', status(302, { Location: 'file:///etc/passwd' })),
  withResponse('a redirect without a Location', 'redirect', status(302)),
]

const KEY_SETS: readonly FaultCase[] = [
  ...[[], {}, null, 'x'].map((keys) =>
    withResponse(
      `{"keys":${JSON.stringify(keys)}}`,
      { keys: 'unusable_key_set' },
      edit(() => ({ keys })),
    ),
  ),
  withResponse('101 keys', { keys: 'unusable_key_set' }, withMoreKeys(100)),
  withResponse('10,000 keys', { keys: 'malformed' }, withMoreKeys(10_000)),
  withResponse('a key with an x5c of 1 MB', { keys: 'too_large' }, withX5c(MEGABYTE)),
]

const metadataWith = (title: string, members: object, failure: Failure = 'jwks_uri') =>
  withResponse(
    title,
    { metadata: failure },
    edit((document) => ({ ...document, ...members })),
  )

const METADATA: readonly FaultCase[] = [
  metadataWith('another issuer', { issuer: 'https://as.example.com' }, 'issuer_mismatch'),
  metadataWith('no jwks_uri', { jwks_uri: undefined }),
  metadataWith('a jwks_uri that is not a string', { jwks_uri: ['https://as.example.com/jwks'] }),
  metadataWith('a relative jwks_uri', { jwks_uri: '/jwks' }),
  metadataWith('a jwks_uri without TLS', { jwks_uri: 'http://as.example.com/jwks' }),
  metadataWith('a jwks_uri with a password', { jwks_uri: 'https://a:b@as.example.com/jwks' }),
  metadataWith('a jwks_uri with a file URL', { jwks_uri: 'file:///etc/passwd' }),
]

/** Unusual behavior that is not a fault. */
export const NO_FAULTS: readonly FaultCase[] = [
  noFault('keep-alive connections that are closed', { hangsUp: true }),
  noFault('the document in single bytes', {
    answer({ response, document }) {
      response.writeHead(200, JSON_TYPE)
      for (const byte of document) response.write(byte)
      response.end()
    },
  }),
  noFault('a key with an x5c of 400 kB', { answer: withX5cOfKeys }),
]

function noFault(title: string, fault: Fault): FaultCase {
  return { title, fault, failure: {}, discovery: 'stops' }
}

function withX5cOfKeys(exchange: Exchange): void {
  const isKeySet = exchange.document.startsWith('{"keys"')
  const answer = isKeySet ? withX5c(400_000) : send((document) => document)
  answer(exchange)
}

/** Returns every fault of a server with plain HTTP. */
export function createFaults(otherOrigin: OtherOrigin): readonly FaultCase[] {
  return [
    ...CONNECTIONS,
    ...STATUSES,
    ...BODIES,
    ...redirectsTo(otherOrigin),
    ...KEY_SETS,
    ...METADATA,
  ]
}

/** Returns every fault of TLS. The client trusts all certificates except `untrusted`. */
export function tlsFaults(certificates: {
  readonly untrusted: ServerCertificate
  readonly otherHost: ServerCertificate
  readonly expired: ServerCertificate
  readonly notYetValid: ServerCertificate
}): readonly FaultCase[] {
  const { untrusted, otherHost, expired, notYetValid } = certificates
  const isRefusedEarly = { isRefusedEarly: true }
  return [
    withoutResponse('an untrusted certificate', { certificate: untrusted }, isRefusedEarly),
    withoutResponse('the certificate of another host', { certificate: otherHost }, isRefusedEarly),
    withoutResponse('an expired certificate', { certificate: expired }, isRefusedEarly),
    withoutResponse(
      'a certificate that is not valid yet',
      { certificate: notYetValid },
      isRefusedEarly,
    ),
    withoutResponse(
      'no TLS',
      { hangsUp: true, connection: ({ socket }) => void socket.end('HTTP/1.1 200 OK\r\n\r\n{}') },
      isRefusedEarly,
    ),
    withoutEnd('a handshake that stalls', { hangsUp: true, connection: ignore }, isRefusedEarly),
  ]
}
