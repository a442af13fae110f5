import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'

/** A response as bytes, and its expected result. */
export interface RawCase {
  readonly title: string
  readonly bytes: Buffer
  /** The server closes the connection after the bytes. */
  readonly ends?: true
  /** `DOCUMENT`, or the failure. */
  readonly result: string
  /**
   * Number of requests.
   *
   * @default 1
   */
  readonly requests?: number
}

export const DOCUMENT = '{"a":1}'
const JSON_TYPE = 'Content-Type: application/json'
const MEGABYTE = 1_048_576

/** Joins the lines of a head, and appends a body. */
export function respond(lines: readonly string[], body: string | Uint8Array = ''): Buffer {
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
  return Buffer.concat([head, Buffer.from(body as string)])
}

/** Returns a response with status 200, these header lines and `Content-Length`. */
export function ok(body: string | Uint8Array, ...lines: readonly string[]): Buffer {
  const length = `Content-Length: ${Buffer.byteLength(body)}`
  return respond(['HTTP/1.1 200 OK', JSON_TYPE, length, ...lines], body)
}

/** Returns a response with status 200, the body `DOCUMENT`, its `Content-Length` and these header lines. */
const documentWith = (...lines: readonly string[]) => ok(DOCUMENT, ...lines)
const documentAfter = (...lines: readonly string[]) => respond(lines, DOCUMENT)
const LENGTH = 'Content-Length: 7'
const CHUNKED = 'Transfer-Encoding: chunked'
const OK = 'HTTP/1.1 200 OK'

/** Returns a chunked response with status 200. */
function chunked(text: string | Uint8Array, ...lines: readonly string[]): Buffer {
  return respond([OK, JSON_TYPE, CHUNKED, ...lines], text)
}

function encoded(coding: string, body: Uint8Array | string): Buffer {
  return ok(body, `Content-Encoding: ${coding}`)
}

/** Creates a case in which the server keeps the connection open. */
function open(title: string, bytes: Buffer, result = DOCUMENT, requests = 1): RawCase {
  return { title, bytes, result, requests }
}

/** Creates a case in which the server closes the connection after the bytes. */
function closed(title: string, bytes: Buffer, result = DOCUMENT, requests = 1): RawCase {
  return { title, bytes, result, requests, ends: true }
}

const UNREACHABLE = 'unreachable'
const RESET = [UNREACHABLE, 2] as const

const FRAMING: readonly RawCase[] = [
  open('a Content-Length', documentWith()),
  open('two chunks', chunked('3\r\n{"a\r\n4\r\n":1}\r\n0\r\n\r\n')),
  open('a chunk extension', chunked(`7;a=b\r\n${DOCUMENT}\r\n0\r\n\r\n`)),
  open('a trailer', chunked(`7\r\n${DOCUMENT}\r\n0\r\nX-Sum: 1\r\n\r\n`)),
  open(
    'a trailer with the content type',
    respond([OK, CHUNKED], `7\r\n${DOCUMENT}\r\n0\r\n${JSON_TYPE}\r\n\r\n`),
    'content_type',
  ),
  closed('a body that ends with the connection', documentAfter(OK, JSON_TYPE)),
  closed('HTTP/1.0', documentAfter('HTTP/1.0 200 OK', JSON_TYPE)),
  open('HTTP/1.0 with a Content-Length', documentAfter('HTTP/1.0 200 OK', JSON_TYPE, LENGTH)),
  closed('Connection: close', documentWith('Connection: close')),
  open('no reason phrase', documentAfter('HTTP/1.1 200', JSON_TYPE, LENGTH)),
  open('empty lines before the status', Buffer.concat([Buffer.from('\r\n\r\n'), documentWith()])),
  open('bytes after the body', Buffer.concat([documentWith(), Buffer.from('garbage')])),
  open('a second response', Buffer.concat([documentWith(), ok('{"a":2}')])),
  open(
    'a Content-Length that is less than the size of the body',
    documentAfter(OK, JSON_TYPE, 'Content-Length: 3'),
    'malformed',
  ),
  closed(
    'half a body with a Content-Length',
    documentAfter(OK, JSON_TYPE, 'Content-Length: 9'),
    UNREACHABLE,
  ),
  closed('chunks without the last one', chunked(`7\r\n${DOCUMENT}\r\n`), UNREACHABLE),
  closed('half of the last chunk', chunked(`7\r\n${DOCUMENT}\r\n0\r\n`), UNREACHABLE),
  open('a chunk size that is not a number', chunked(`z\r\n${DOCUMENT}\r\n0\r\n\r\n`), UNREACHABLE),
  open('a chunk size of 73 bits', chunked(`${'f'.repeat(18)}\r\n${DOCUMENT}`), UNREACHABLE),
  open(
    'a chunk size without a carriage return',
    chunked(`7\n${DOCUMENT}\r\n0\r\n\r\n`),
    UNREACHABLE,
  ),
  ...[
    ['a negative Content-Length', 'Content-Length: -7'],
    ['a Content-Length with a sign', 'Content-Length: +7'],
    ['a hexadecimal Content-Length', 'Content-Length: 0x7'],
    ['a Content-Length of 67 bits', 'Content-Length: 99999999999999999999'],
    ['an empty Content-Length', 'Content-Length:'],
    ['two numbers in Content-Length', 'Content-Length: 7, 7'],
    ['two different Content-Length', `${LENGTH}\r\nContent-Length: 8`],
    ['two equal Content-Length', `${LENGTH}\r\n${LENGTH}`],
    ['a Content-Length before a Transfer-Encoding', `${LENGTH}\r\n${CHUNKED}`],
    ['a Transfer-Encoding before a Content-Length', `${CHUNKED}\r\n${LENGTH}`],
    ['an unknown Transfer-Encoding and a Content-Length', `Transfer-Encoding: x\r\n${LENGTH}`],
  ].map(([title, lines]) => open(title!, documentAfter(OK, JSON_TYPE, lines!), UNREACHABLE)),
]

const HEADS: readonly RawCase[] = [
  open(
    'names in lower case and spaces',
    documentAfter(OK, 'content-type:application/json', 'content-length:   7'),
  ),
  open('two content types', documentWith('Content-Type: text/html'), 'content_type'),
  open('the content type twice', documentWith(JSON_TYPE), 'content_type'),
  open('an empty content type', documentAfter(OK, 'Content-Type:', LENGTH), 'content_type'),
  open('fields with names of Object.prototype', documentWith('__proto__: a', 'constructor: b')),
  open('a value in Latin-1', documentWith('X-Name: \xe9\xff')),
  open('a field of 15 kB', documentWith(`X: ${'x'.repeat(15_000)}`)),
  open('a field of 17 kB', documentWith(`X: ${'x'.repeat(17_000)}`), UNREACHABLE),
  open('17000 fields', documentWith(...Array<string>(17_000).fill('a:')), UNREACHABLE),
  open(
    '3700 fields before a second content type',
    documentWith(...Array<string>(3700).fill('a:'), 'Content-Type: text/html'),
    'content_type',
  ),
  open(
    'trailers of 40 kB',
    chunked(`7\r\n${DOCUMENT}\r\n0\r\n${`X: ${'x'.repeat(1000)}\r\n`.repeat(40)}\r\n`),
    UNREACHABLE,
  ),
  ...[
    ['a carriage return in a value', 'X: a\rb'],
    ['a NUL in a value', 'X: a\0b'],
    ['a control character in a value', 'X: a\x01b'],
    ['a line without a colon', 'X'],
    ['a name with a bracket', 'X(: a'],
    ['a name in Latin-1', 'X\xe9: a'],
  ].map(([title, line]) => open(title!, documentWith(line!), UNREACHABLE)),
  open(
    'lines that end with a line feed',
    Buffer.from(documentWith().toString().replaceAll('\r\n', '\n')),
    UNREACHABLE,
  ),
  ...[
    'HTTP/1.1 abc',
    'HTTP/1.1 2000',
    'HTTP/1.1 099',
    'HTTP/1.2 200',
    'http/1.1 200',
    'ICY 200',
  ].map((line) =>
    open(`the status line "${line}"`, documentAfter(line, JSON_TYPE, LENGTH), UNREACHABLE),
  ),
  closed('a body without a head', Buffer.from(DOCUMENT), UNREACHABLE),
  closed('a protocol that is not HTTP', Buffer.from('SSH-2.0-OpenSSH_9.6\r\n'), UNREACHABLE),
  closed('nothing', Buffer.alloc(0), ...RESET),
  closed('half a status line', Buffer.from('HTTP/1.1 20'), ...RESET),
  closed('half a head', Buffer.from('HTTP/1.1 200 OK\r\nContent-Ty'), ...RESET),
]

const after = (first: string, response = documentWith()) =>
  Buffer.concat([Buffer.from(`${first}\r\n\r\n`), response])

const INFORMATIONAL: readonly RawCase[] = [
  open('a 102', after('HTTP/1.1 102 Processing')),
  open('a 103 with a content type', after('HTTP/1.1 103 Early Hints\r\nContent-Type: text/html')),
  open(
    '1000 responses with status 103',
    after('HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(999) + 'HTTP/1.1 103 Early Hints'),
  ),
  open(
    'a 103 with a body',
    after('HTTP/1.1 103 Early Hints\r\nContent-Length: 2\r\n\r\nab'),
    UNREACHABLE,
  ),
  closed('only a 103', after('HTTP/1.1 103 Early Hints', Buffer.alloc(0)), ...RESET),
  open('a 100 that was not requested', after('HTTP/1.1 100 Continue'), ...RESET),
  open(
    'a 101 with Upgrade',
    after('HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: Upgrade', Buffer.alloc(0)),
    ...RESET,
  ),
  open('Upgrade in a 200', documentWith('Upgrade: h2c', 'Connection: Upgrade')),
]

const STATUSES: readonly RawCase[] = [
  ...[204, 205, 206, 401, 404, 426, 500, 600, 999].map((status) =>
    open(
      `status ${status}`,
      Buffer.from(documentWith().toString().replace('200', String(status))),
      'status',
    ),
  ),
  ...[300, 301, 302, 303, 304, 307, 308].map((status) =>
    open(
      `status ${status}`,
      Buffer.from(documentWith('Location: /x').toString().replace('200', String(status))),
      'redirect',
    ),
  ),
  open(
    'a redirect with an invalid Location',
    respond(['HTTP/1.1 302 Found', 'Location: http://[', 'Content-Length: 0']),
    'redirect',
  ),
  open('status 407', respond(['HTTP/1.1 407 Proxy', 'Content-Length: 0']), UNREACHABLE),
  open(
    'an error status with a wrong Content-Encoding',
    respond(['HTTP/1.1 500 X', 'Content-Encoding: gzip', 'Content-Length: 3'], 'abc'),
    'status',
  ),
  open(
    'an error status without its body',
    respond(['HTTP/1.1 503 X', 'Content-Length: 3']),
    'status',
  ),
]

const gzip = gzipSync(DOCUMENT)
const spaces = Buffer.alloc(20 * MEGABYTE, ' ')

const ENCODED: readonly RawCase[] = [
  ...['gzip', 'x-gzip', 'GZIP', ' gzip '].map((name) =>
    open(`the coding "${name}"`, encoded(name, gzip)),
  ),
  open('deflate with a zlib header', encoded('deflate', deflateSync(DOCUMENT))),
  open('deflate without a zlib header', encoded('deflate', deflateRawSync(DOCUMENT))),
  open('Brotli', encoded('br', brotliCompressSync(DOCUMENT))),
  open('two codings', encoded('deflate, gzip', gzipSync(deflateSync(DOCUMENT)))),
  open(
    'two codings in two fields',
    ok(gzipSync(deflateRawSync(DOCUMENT)), 'Content-Encoding: deflate', 'Content-Encoding: gzip'),
  ),
  open(
    'two codings in the wrong order',
    encoded('gzip, deflate', gzipSync(deflateSync(DOCUMENT))),
    UNREACHABLE,
  ),
  open(
    'five codings',
    encoded(
      'gzip,gzip,gzip,gzip,gzip',
      [1, 2, 3, 4].reduce((bytes) => gzipSync(bytes), gzip),
    ),
  ),
  open('six codings', encoded('gzip,gzip,gzip,gzip,gzip,gzip', gzip), UNREACHABLE),
  open('the coding identity', encoded('identity', DOCUMENT)),
  open('an unknown coding', encoded('x', DOCUMENT)),
  open('an empty Content-Encoding', encoded('', DOCUMENT)),
  open('an unknown coding and gzip', encoded('x, gzip', gzip), 'malformed'),
  ...['gzip', 'deflate', 'br'].map((name) =>
    open(`${name} for an empty body`, encoded(name, ''), 'malformed'),
  ),
  open('gzip for a document that is not encoded', encoded('gzip', DOCUMENT), UNREACHABLE),
  open('deflate for a text that is not encoded', encoded('deflate', 'xyz'), UNREACHABLE),
  open('Brotli for a document that is not encoded', encoded('br', DOCUMENT), UNREACHABLE),
  open('gzip without its end', encoded('gzip', gzip.subarray(0, -6))),
  open('half of gzip', encoded('gzip', gzip.subarray(0, 12)), 'malformed'),
  open('deflate without its end', encoded('deflate', deflateSync(DOCUMENT).subarray(0, -2))),
  open(
    'gzip with a wrong checksum',
    encoded('gzip', Buffer.concat([gzip.subarray(0, -8), Buffer.alloc(8)])),
    UNREACHABLE,
  ),
  open('gzip in two members', encoded('gzip', Buffer.concat([gzipSync('{"a"'), gzipSync(':1}')]))),
  open(
    'bytes after gzip',
    encoded('gzip', Buffer.concat([gzip, Buffer.from('garbage')])),
    UNREACHABLE,
  ),
  closed(
    'half of a gzip body, with the Content-Length of the whole body',
    encoded('gzip', gzip).subarray(0, -15),
    UNREACHABLE,
  ),
  open(
    'gzip in single bytes',
    chunked(
      Buffer.from(gzip.toString('latin1').replace(/[^]/g, '1\r\n$&\r\n') + '0\r\n\r\n', 'latin1'),
      'Content-Encoding: gzip',
    ),
  ),
]

const LARGE: readonly RawCase[] = [
  open('a document of 500 kB', ok(`{"a":1${' '.repeat(500_000)}}`)),
  open('a document of 600 kB', ok(`{"a":1${' '.repeat(600_000)}}`), 'too_large'),
  open('20 MB in gzip', encoded('gzip', gzipSync(spaces)), 'too_large'),
  open('20 MB in gzip, in gzip', encoded('gzip, gzip', gzipSync(gzipSync(spaces))), 'too_large'),
  open('20 MB in deflate', encoded('deflate', deflateSync(spaces)), 'too_large'),
  open(
    '20 MB in deflate without a zlib header',
    encoded('deflate', deflateRawSync(spaces)),
    'too_large',
  ),
  open('20 MB in Brotli', encoded('br', brotliCompressSync(spaces)), 'too_large'),
]

/** Responses for which `httpFetch` and the global `fetch` must have the same result. */
export const RAW_CASES = { FRAMING, HEADS, INFORMATIONAL, STATUSES, ENCODED, LARGE }

/** Responses that `httpFetch` refuses. The global `fetch` of some versions of Node accepts them. */
export const REFUSED_CASES: readonly RawCase[] = [
  open(
    'a chunk extension of 100 kB',
    chunked(`7;a=${'b'.repeat(100_000)}\r\n${DOCUMENT}\r\n0\r\n\r\n`),
    UNREACHABLE,
  ),
  open('a chunk that is longer than its size', chunked(`7\r\n${DOCUMENT}XX0\r\n\r\n`), UNREACHABLE),
  open('a folded line', documentWith('X: a\r\n b'), UNREACHABLE),
  open('a space before the colon', documentWith('X : a'), UNREACHABLE),
  open('an empty name', documentWith(': a'), UNREACHABLE),
  open('a 101 without Upgrade', after('HTTP/1.1 101 Switching', Buffer.alloc(0)), UNREACHABLE),
]
