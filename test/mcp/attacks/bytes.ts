import { gzipSync } from 'node:zlib'
import { LIST, PURGE } from '../messages.ts'
import { type Attack, attacksFor, type More } from './attack.ts'

const bytes = attacksFor('MCP-20')

/** The option `bodyLimit` of the guarded server. */
export const BODY_LIMIT = 262_144

const TEXT = JSON.stringify(PURGE)

/** Returns a call of purge with spaces after it. */
const padded = (length: number) => TEXT.padEnd(length, ' ')

/** Returns the text of a call of purge in which one byte is replaced by other bytes. */
function withBytes(...replacement: readonly number[]): Buffer {
  const at = TEXT.indexOf('purge')
  return Buffer.concat([
    Buffer.from(TEXT.slice(0, at)),
    Buffer.from(replacement),
    Buffer.from(TEXT.slice(at + 1)),
  ])
}

/** Fastify itself responds to bodies that are not JSON. */
const notJson: More = { onFastify: 400 }

const utf16 = Buffer.from(TEXT, 'utf16le')

/** Bodies that are not JSON in UTF-8. */
const malformed: readonly Attack[] = [
  bytes('an empty body', 'malformed', '', notJson),
  bytes('a body of spaces', 'malformed', '   ', notJson),
  bytes('a body that ends too early', 'malformed', TEXT.slice(0, -1), notJson),
  bytes('two messages without an array', 'malformed', TEXT + TEXT, notJson),
  bytes('two lines with one message each', 'malformed', `${TEXT}\n${TEXT}`, notJson),
  bytes('a message of an event stream', 'malformed', `data: ${TEXT}\n\n`, notJson),
  bytes('a form', 'malformed', 'method=tools/call&params[name]=purge', notJson),
  bytes('a message with a comment', 'malformed', `/* */${TEXT}`, notJson),
  bytes('a message with a comma at the end', 'malformed', `${TEXT.slice(0, -1)},}`, notJson),
  bytes('a message in single quotes', 'malformed', TEXT.replaceAll('"', "'"), notJson),
  bytes('a message after a no-break space', 'malformed', `\u00a0${TEXT}`, notJson),
  bytes('a message with a NUL after it', 'malformed', `${TEXT}\0`, notJson),
  bytes('a message with two byte order marks', 'malformed', `\ufeff\ufeff${TEXT}`, notJson),
  bytes('NaN', 'malformed', 'NaN', notJson),
  bytes('a message in UTF-16', 'malformed', utf16, notJson),
  bytes(
    'a message in UTF-16 with a byte order mark',
    'malformed',
    Buffer.concat([Buffer.of(0xff, 0xfe), utf16]),
    notJson,
  ),
  bytes('a message in UTF-16 with UTF-16 in its Content-Type', 'malformed', utf16, {
    ...notJson,
    type: 'application/json; charset=utf-16le',
  }),
  bytes('a compressed message', 'malformed', gzipSync(TEXT), {
    ...notJson,
    lines: ['Content-Encoding: gzip'],
  }),
]

/** Bytes that are not UTF-8. Fastify replaces them, so its handlers get another name. */
const notUtf8: readonly Attack[] = [
  bytes('a byte that is not UTF-8', 'malformed', withBytes(0xff), { onFastify: 'unlisted' }),
  bytes('a letter in too many bytes', 'malformed', withBytes(0xc1, 0xb0), {
    onFastify: 'unlisted',
  }),
  bytes('a letter in Latin-1', 'malformed', withBytes(0xe9), { onFastify: 'unlisted' }),
  bytes('a surrogate in UTF-8', 'malformed', withBytes(0xed, 0xa0, 0x80), {
    onFastify: 'unlisted',
  }),
]

const readable: readonly Attack[] = [
  bytes('a message with a byte order mark', 'admin', `\ufeff${TEXT}`),
  bytes('a message between white space', 'admin', `\n\t ${TEXT} \r\n`),
  bytes('a message that says it is compressed', 'admin', TEXT, {
    lines: ['Content-Encoding: gzip'],
  }),
  bytes('a message in chunks', 'admin', TEXT, { isChunked: true }),
  bytes('an empty body in chunks', 'malformed', '', { isChunked: true, onFastify: 400 }),
]

/** Types of content. The guard reads every body as JSON, because it cannot know how the server reads the body. */
const types: readonly Attack[] = [
  bytes('a message with a charset', 'admin', TEXT, { type: 'application/json; charset=utf-8' }),
  bytes('a message with another charset', 'admin', TEXT, {
    type: 'application/json; charset=utf-16',
  }),
  bytes('a message as plain text', 'admin', TEXT, { type: 'text/plain' }),
  bytes('a message as JSON-RPC', 'admin', TEXT, { type: 'application/json-rpc', onFastify: 415 }),
  bytes('a message as a form', 'admin', TEXT, {
    type: 'application/x-www-form-urlencoded',
    onFastify: 415,
  }),
  bytes('a message as a form with parts', 'admin', TEXT, {
    type: 'multipart/form-data; boundary=a',
    onFastify: 415,
  }),
  bytes('a message without Content-Type', 'admin', TEXT, { type: null, onFastify: 415 }),
]

const sizes: readonly Attack[] = [
  bytes('a body of exactly the limit', 'admin', padded(BODY_LIMIT)),
  bytes('a body of one byte more than the limit', 413, padded(BODY_LIMIT + 1)),
  bytes('a body of exactly the limit in chunks', 'admin', padded(BODY_LIMIT), { isChunked: true }),
  bytes('a body of one byte more than the limit in chunks', 413, padded(BODY_LIMIT + 1), {
    isChunked: true,
  }),
  bytes('a body of eight times the limit', 413, padded(8 * BODY_LIMIT)),
  bytes('a body of eight times the limit in chunks', 413, padded(8 * BODY_LIMIT), {
    isChunked: true,
  }),
]

/**
 * Methods of HTTP whose requests must not have a body. A handler could execute such a body, so the guard refuses a request with a
 * body.
 */
const withoutBody = ['GET', 'HEAD', 'DELETE', 'OPTIONS'].flatMap((method) => {
  // Web-standard requests with GET and HEAD cannot have a body.
  const isHidden = method === 'GET' || method === 'HEAD'
  const more: More = { method, isBodyIgnored: true, ...(isHidden && { onWeb: 'floor' }) }
  return [
    bytes(`${method} with a call of purge`, 'not a request', TEXT, more),
    bytes(`${method} with a call of purge in chunks`, 'not a request', TEXT, {
      ...more,
      isChunked: true,
    }),
    bytes(`${method} with a call of purge and a header that names POST`, 'not a request', TEXT, {
      ...more,
      lines: ['X-HTTP-Method-Override: POST', 'X-HTTP-Method: POST', 'X-Method-Override: POST'],
    }),
    bytes(`${method} without a body`, 'floor', undefined, { method, isBodyIgnored: true }),
  ]
})

const withBody = ['PUT', 'PATCH', 'QUERY'].flatMap((method) => [
  bytes(`${method} with a call of purge`, 'admin', TEXT, { method }),
  bytes(`${method} with a call of list`, 'floor', LIST, { method }),
])

const overridden = ['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override'].map((header) =>
  bytes(`a call of purge with ${header}: GET`, 'admin', TEXT, { lines: [`${header}: GET`] }),
)

export const BYTE_ATTACKS: readonly Attack[] = [
  ...malformed,
  ...notUtf8,
  ...readable,
  ...types,
  ...sizes,
  ...withoutBody,
  ...withBody,
  ...overridden,
  bytes('a call of purge with a method in the query', 'admin', TEXT, { path: '/mcp?_method=GET' }),
]
