import type { KeysFailedEvent } from '@bearward/core'
import { gzipSync } from 'node:zlib'
import type { ServerCertificate } from '../support/certificate.ts'
import type { Exchange, Fault } from '../support/faulty-server.ts'
import type { Canary } from './canary.ts'

type Failure = KeysFailedEvent['failure']

/** Where a fault can be: with the metadata, with the keys, or with both. */
export type Place = 'everywhere' | 'metadata' | 'keys'

/** One way in which an authorization server can fail, and what becomes of it. */
export interface FaultCase {
  readonly title: string
  readonly fault: Fault
  /** The code that events name it by, where it meets the metadata and where it meets the keys. */
  readonly failure: { readonly metadata?: Failure; readonly keys?: Failure }
  /** What discovery does about it: it asks on where it was answered, and stops where it was not. */
  readonly discovery: 'stops' | 'asks on'
  /** The call is made once more, at once. */
  readonly repeated?: true
  /** The request does not come through to the server. */
  readonly unseen?: boolean
  /** Nothing but the end of the time allowed ends it. */
  readonly stalls?: boolean
}

const JSON_TYPE = { 'Content-Type': 'application/json' }
const MEGABYTE = 1_048_576

function noAnswer(title: string, fault: Fault, more: Partial<FaultCase> = {}): FaultCase {
  const failure = { metadata: 'unreachable', keys: 'unreachable' } as const
  return { title, fault, failure, discovery: 'stops', ...more }
}

function noEnd(title: string, fault: Fault, more: Partial<FaultCase> = {}): FaultCase {
  const failure = { metadata: 'timeout', keys: 'timeout' } as const
  return { title, fault, failure, discovery: 'stops', stalls: true, ...more }
}

function answered(
  title: string,
  failure: Failure | FaultCase['failure'],
  answer: Fault['answer'],
  discovery: FaultCase['discovery'] = 'asks on',
): FaultCase {
  const failures = typeof failure === 'string' ? { metadata: failure, keys: failure } : failure
  return { title, fault: { answer: answer! }, failure: failures, discovery }
}

/** Sends this in place of the document. */
function send(
  text: (document: string) => string | Uint8Array,
  headers: Readonly<Record<string, string>> = JSON_TYPE,
): (exchange: Exchange) => void {
  return ({ response, document }) => void response.writeHead(200, headers).end(text(document))
}

/** Sends the document, which would be good, under another status. */
function status(code: number, headers: Readonly<Record<string, string>> = {}) {
  return ({ response, document }: Exchange) => {
    const empty = code === 204 || code === 304
    response.writeHead(code, { ...JSON_TYPE, ...headers }).end(empty ? undefined : document)
  }
}

/** Writes bytes to the connection that are no good HTTP, and closes it. */
function raw(text: string) {
  return ({ socket }: Exchange) => void socket.end(text)
}

/** Reads what the client sends, and says nothing. */
function ignore({ socket, stall }: Pick<Exchange, 'socket' | 'stall'>): void {
  socket.once('data', stall)
}

/** Writes the text byte by byte, and never to its end. */
function drip({ socket, stall }: Exchange, text: string): void {
  let sent = 0
  const dripping = setInterval(() => {
    socket.write(text[sent++ % text.length]!)
    if (sent === 3) stall()
  }, 2)
  socket.once('close', () => clearInterval(dripping))
}

function flood({ response, endless }: Exchange): void {
  endless()
  response.writeHead(200, JSON_TYPE)
  const more = () => {
    while (!response.destroyed && response.write(' '.repeat(65_536)));
    if (!response.destroyed) response.once('drain', more)
  }
  more()
}

/** Edits the document as JSON. */
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
  noAnswer('a port where nobody listens', { refuses: true }, { unseen: true }),
  noAnswer(
    'a connection that is reset',
    { answer: ({ socket }) => void socket.resetAndDestroy() },
    { repeated: true },
  ),
  noAnswer(
    'a connection that is closed',
    { answer: ({ socket }) => void socket.end() },
    { repeated: true },
  ),
  noAnswer('something else than HTTP', { answer: raw('SSH-2.0-OpenSSH_9.6\r\n') }),
  noAnswer('header lines without measure', {
    answer: raw(`HTTP/1.1 200 OK\r\nX-Padding: ${'x'.repeat(MEGABYTE)}\r\n\r\n{}`),
  }),
  noAnswer('half a body, then a reset', {
    answer({ response, socket, document }) {
      response.writeHead(200, { ...JSON_TYPE, 'Content-Length': document.length })
      response.write(document.slice(0, 20), () => void socket.resetAndDestroy())
    },
  }),
  noAnswer('half a body, then the end', {
    answer({ response, socket, document }) {
      response.writeHead(200, { ...JSON_TYPE, 'Content-Length': document.length })
      response.write(document.slice(0, 20), () => void socket.end())
    },
  }),
  noAnswer('an encoding that is not the one named', {
    answer: send((document) => document, { ...JSON_TYPE, 'Content-Encoding': 'gzip' }),
  }),

  noEnd(
    'a connection that is accepted, then silence',
    { hangsUp: true, connection: ignore },
    { unseen: true },
  ),
  noEnd('a request that is not answered', { answer: ({ stall }) => stall() }),
  noEnd('header lines, then silence', {
    answer({ response, stall }) {
      response.writeHead(200, JSON_TYPE).flushHeaders()
      stall()
    },
  }),
  noEnd('half a body, then silence', {
    answer({ response, document, stall }) {
      response.writeHead(200, JSON_TYPE).write(document.slice(0, 20))
      stall()
    },
  }),
  noEnd('header lines that come byte by byte', {
    answer(exchange) {
      exchange.socket.write('HTTP/1.1 200 OK\r\nX-Padding: ')
      drip(exchange, 'x')
    },
  }),
  noEnd('a body that comes byte by byte', {
    answer(exchange) {
      exchange.socket.write('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{"keys":[')
      drip(exchange, ' \n')
    },
  }),
]

const STATUSES: readonly FaultCase[] = [
  ...[204, 206, 401, 403, 404, 410].map((code) =>
    answered(`status ${code}`, 'status', status(code)),
  ),
  answered('status 304 without a condition', 'redirect', status(304)),
  answered('status 429', 'status', status(429, { 'Retry-After': '1' }), 'stops'),
  ...[500, 502, 503].map((code) => answered(`status ${code}`, 'status', status(code), 'stops')),
]

const BODIES: readonly FaultCase[] = [
  answered(
    'a page of HTML',
    'content_type',
    send(() => '<html><title>Maintenance</title></html>', { 'Content-Type': 'text/html' }),
  ),
  answered(
    'the document as text/plain',
    'content_type',
    send((document) => document, { 'Content-Type': 'text/plain' }),
  ),
  answered(
    'the document without a type',
    'content_type',
    send((document) => document, {}),
  ),
  answered(
    'nothing',
    'malformed',
    send(() => ''),
  ),
  answered(
    'half a document',
    'malformed',
    send((document) => document.slice(0, 20)),
  ),
  answered(
    'an array',
    'malformed',
    send((document) => `[${document}]`),
  ),
  answered(
    'null',
    'malformed',
    send(() => 'null'),
  ),
  answered(
    'a member that is written twice',
    'malformed',
    send((document) => document.replace(/"\w+":/, (member) => `${member}[],${member}`)),
  ),
  answered(
    'a byte order mark',
    'malformed',
    send((document) => `\uFEFF${document}`),
  ),
  answered(
    'bytes that are not UTF-8',
    'malformed',
    send((document) => Buffer.from(document.replace('{', '{"name":"\xFF",'), 'latin1')),
  ),
  answered(
    'an empty object',
    { metadata: 'issuer_mismatch', keys: 'unusable_key_set' },
    send(() => '{}'),
  ),
  answered(
    'a megabyte and one byte',
    'too_large',
    send((document) => document.padEnd(MEGABYTE + 1)),
    'stops',
  ),
  answered('a body without end', 'too_large', flood, 'stops'),
  answered(
    'fifty megabytes that were zipped to fifty kilobytes',
    'too_large',
    send(() => BOMB, { ...JSON_TYPE, 'Content-Encoding': 'gzip' }),
    'stops',
  ),
]

const redirectsTo = ({ url }: Canary): readonly FaultCase[] => [
  ...[301, 302, 307, 308].flatMap((code) => [
    answered(`${code} to the same origin`, 'redirect', status(code, { Location: '/elsewhere' })),
    answered(`${code} to another origin`, 'redirect', status(code, { Location: `${url}/jwks` })),
  ]),
  answered('a redirect to itself', 'redirect', status(302, { Location: '' })),
  answered('a redirect to a file', 'redirect', status(302, { Location: 'file:///etc/passwd' })),
  answered('a redirect to nowhere', 'redirect', status(302)),
]

const KEY_SETS: readonly FaultCase[] = [
  ...[[], {}, null, 'x'].map((keys) =>
    answered(
      `{"keys":${JSON.stringify(keys)}}`,
      { keys: 'unusable_key_set' },
      edit(() => ({ keys })),
    ),
  ),
  answered('a hundred keys too many', { keys: 'unusable_key_set' }, withMoreKeys(100)),
  answered('ten thousand keys', { keys: 'malformed' }, withMoreKeys(10_000)),
  answered('a key with an x5c of a megabyte', { keys: 'too_large' }, withX5c(MEGABYTE)),
]

const metadataWith = (title: string, members: object, failure: Failure = 'jwks_uri') =>
  answered(
    title,
    { metadata: failure },
    edit((document) => ({ ...document, ...members })),
  )

const METADATA: readonly FaultCase[] = [
  metadataWith(
    'the issuer of somebody else',
    { issuer: 'https://as.example.com' },
    'issuer_mismatch',
  ),
  metadataWith('no jwks_uri', { jwks_uri: undefined }),
  metadataWith('a jwks_uri that is no text', { jwks_uri: ['https://as.example.com/jwks'] }),
  metadataWith('a relative jwks_uri', { jwks_uri: '/jwks' }),
  metadataWith('a jwks_uri without TLS', { jwks_uri: 'http://as.example.com/jwks' }),
  metadataWith('a jwks_uri with a password', { jwks_uri: 'https://a:b@as.example.com/jwks' }),
  metadataWith('a jwks_uri that is a file', { jwks_uri: 'file:///etc/passwd' }),
]

/** What looks like a fault and is none. */
export const HARMLESS: readonly FaultCase[] = [
  harmless('kept connections that are closed', { hangsUp: true }),
  harmless('the document in single bytes', {
    answer({ response, document }) {
      response.writeHead(200, JSON_TYPE)
      for (const byte of document) response.write(byte)
      response.end()
    },
  }),
  harmless('a key with an x5c of 400 kilobytes', { answer: withX5cOfKeys }),
]

function harmless(title: string, fault: Fault): FaultCase {
  return { title, fault, failure: {}, discovery: 'stops' }
}

function withX5cOfKeys(exchange: Exchange): void {
  const isKeySet = exchange.document.startsWith('{"keys"')
  const answer = isKeySet ? withX5c(400_000) : send((document) => document)
  answer(exchange)
}

/** Every fault of a server that speaks plain HTTP. */
export function faultsOf(canary: Canary): readonly FaultCase[] {
  return [...CONNECTIONS, ...STATUSES, ...BODIES, ...redirectsTo(canary), ...KEY_SETS, ...METADATA]
}

/** Every fault of TLS. All but the first certificate are known to the client. */
export function tlsFaults(certificates: {
  readonly untrusted: ServerCertificate
  readonly otherHost: ServerCertificate
  readonly expired: ServerCertificate
  readonly notYetValid: ServerCertificate
}): readonly FaultCase[] {
  const { untrusted, otherHost, expired, notYetValid } = certificates
  const unseen = { unseen: true }
  return [
    noAnswer('a certificate that nobody vouches for', { certificate: untrusted }, unseen),
    noAnswer('the certificate of another host', { certificate: otherHost }, unseen),
    noAnswer('an expired certificate', { certificate: expired }, unseen),
    noAnswer('a certificate that is not valid yet', { certificate: notYetValid }, unseen),
    noAnswer(
      'no TLS',
      { hangsUp: true, connection: ({ socket }) => void socket.end('HTTP/1.1 200 OK\r\n\r\n{}') },
      unseen,
    ),
    noEnd('a handshake that stalls', { hangsUp: true, connection: ignore }, unseen),
  ]
}
