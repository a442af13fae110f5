import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { brotliCompressSync, constants, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { closing } from '../../../../test/support/closing.ts'
import { FETCHES } from '../../../../test/support/fetches.ts'
import { fc } from '../../../../test/support/property.ts'
import { listenRaw } from '../../../../test/support/raw-server.ts'
import { until } from '../../../../test/support/until.ts'
import { decodeBody } from '../../src/authorization-server/node-decode-body.ts'
import { openBody } from '../../src/authorization-server/response-body.ts'

/** Encodings by name, with the value of `Content-Encoding`. */
const ENCODERS: Readonly<Record<string, readonly [coding: string, (bytes: Buffer) => Buffer]>> = {
  nothing: ['', (bytes) => bytes],
  gzip: ['gzip', gzipSync],
  'deflate with a zlib header': ['deflate', deflateSync],
  'deflate without a zlib header': ['deflate', deflateRawSync],
  Brotli: ['br', brotliCompressSync],
  'deflate and gzip': ['deflate, gzip', (bytes) => gzipSync(deflateSync(bytes))],
}

/** Splits bytes after each of these lengths. The last length is repeated. */
function split(bytes: Buffer, lengths: readonly number[]): Buffer[] {
  const parts: Buffer[] = []
  for (let i = 0, start = 0; start < bytes.length; i++) {
    const length = lengths[Math.min(i, lengths.length - 1)]!
    parts.push(bytes.subarray(start, start + length))
    start += length
  }
  return parts
}

/** Options for compressed data without an end. */
const SYNC_FLUSH = { finishFlush: constants.Z_SYNC_FLUSH }

const lengths = fc.array(fc.integer({ min: 1, max: 2000 }), { minLength: 1, maxLength: 20 })

describe.each(FETCHES)('%s: bodies', (name, fetch) => {
  it.each(Object.entries(ENCODERS))(
    `${name} returns the same body for all sizes of chunks and packets if the body is encoded with %s`,
    async (_encoding, [coding, encode]) => {
      let packets: Buffer[] = []
      const server = closing(
        await listenRaw(async (socket) => {
          for (const packet of packets) {
            await new Promise<unknown>((resolve) => socket.write(packet, resolve))
          }
        }),
      )
      const init = { method: 'GET', headers: {}, redirect: 'manual' } as const
      await fc.assert(
        fc.asyncProperty(
          fc.uint8Array({ maxLength: 3000 }),
          lengths,
          lengths,
          async (body, chunkLengths, packetLengths) => {
            const chunks = split(encode(Buffer.from(body)), chunkLengths)
            const bytes = Buffer.concat([
              Buffer.from(`HTTP/1.1 200 OK\r\nContent-Encoding: ${coding}\r\n`),
              Buffer.from('Transfer-Encoding: chunked\r\n\r\n'),
              ...chunks.flatMap((chunk) => [
                Buffer.from(`${chunk.length.toString(16)}\r\n`),
                chunk,
                Buffer.from('\r\n'),
              ]),
              Buffer.from('0\r\n\r\n'),
            ])
            packets = split(bytes, packetLengths)
            const { signal } = new AbortController()
            const response = await fetch(server.url, { ...init, signal })
            const read = await openBody(response.body).read(3000)
            expect(Buffer.from(read)).toEqual(Buffer.from(body))
          },
        ),
        { numRuns: 30 },
      )
    },
  )
})

describe('decodeBody', () => {
  /** Creates a response whose body repeats `part` without end, and counts the parts that were read. */
  function createEndless(part: Buffer) {
    const state = { parts: 0, isClosed: false }
    function* parts() {
      for (;;) {
        state.parts++
        yield part
      }
    }
    const body = Readable.from(parts(), { objectMode: false, highWaterMark: 16_384 })
    body.on('close', () => (state.isClosed = true))
    const closed = new Promise((resolve) => body.once('close', resolve))
    return { state, closed, incoming: body as never as IncomingMessage }
  }

  const megabyte = Buffer.alloc(1_048_576)

  it.each([
    ['gzip', gzipSync(megabyte)],
    ['gzip, gzip', gzipSync(gzipSync(megabyte))],
    ['deflate, gzip', gzipSync(deflateSync(megabyte))],
    ['deflate', deflateRawSync(megabyte, SYNC_FLUSH)],
    ['deflate', deflateSync(megabyte, SYNC_FLUSH)],
  ])(
    'decodeBody stops reading an endless body with the coding %s at the limit, and closes the body',
    async (coding, part) => {
      const { state, closed, incoming } = createEndless(part)
      await expect(openBody(decodeBody(incoming, coding)).read(1_000_000)).rejects.toMatchObject({
        failure: 'too_large',
      })
      await closed
      // The buffers of the streams also contain some parts that were not decoded.
      expect(state.parts * part.length).toBeLessThan(200_000)
    },
  )

  it('decodeBody closes a body that is discarded before it is read', async () => {
    const { closed, incoming } = createEndless(gzipSync(megabyte))
    openBody(decodeBody(incoming, 'gzip')).discard()
    await closed
  })

  it('decodeBody closes a body that is discarded before its data have produced a decoded byte', async () => {
    const nothing = gzipSync(Buffer.concat(Array.from({ length: 1000 }, () => gzipSync(''))))
    const { state, closed, incoming } = createEndless(nothing)
    const body = openBody(decodeBody(incoming, 'gzip, gzip'))
    const reading = body.read(1_000_000)
    await until(() => state.parts > 100)
    body.discard()
    await closed
    await expect(reading).rejects.toBeInstanceOf(Error)
  })

  it('decodeBody closes a body with more than five content codings', async () => {
    const { closed, incoming } = createEndless(gzipSync(megabyte))
    expect(() => decodeBody(incoming, 'gzip,gzip,gzip,gzip,gzip,gzip')).toThrow(TypeError)
    await closed
  })

  it('decodeBody rejects with the error of the body', async () => {
    const { incoming } = createEndless(gzipSync(megabyte))
    const reading = openBody(decodeBody(incoming, 'gzip')).read(1e9)
    const error = new Error('of the connection')
    setImmediate(() => incoming.destroy(error))
    await expect(reading).rejects.toBe(error)
  })
})
