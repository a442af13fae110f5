import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { FetchBody } from '../model/fetch.ts'

type Chunks = AsyncIterable<Uint8Array>

/** Maximum number of content codings of a response, as in the global `fetch`. */
const MOST_CODINGS = 5

/** Decodes a source. Adds the streams of the decoder to `streams`. */
type Decoder = (source: Chunks, streams: Duplex[]) => Chunks

/** Decoders by content coding (RFC 9110 section 8.4.1). They decode no faster than the result is read. */
const DECODERS: Readonly<Record<string, Decoder>> = {
  gzip: gunzip,
  'x-gzip': gunzip,
  deflate: inflate,
  br(source, streams) {
    const { createBrotliDecompress, constants } = getZlib()
    const flush = constants.BROTLI_OPERATION_FLUSH
    return pipe(source, createBrotliDecompress({ flush, finishFlush: flush }), streams)
  },
}

/**
 * Returns the decoded body of a response with this `Content-Encoding`. Like the global `fetch`, does not decode the body if
 * a content coding is unknown, and accepts compressed data whose end is missing. Throws a `TypeError` if there are too many
 * content codings.
 */
export function decodeBody(incoming: IncomingMessage, encoding: string | null): FetchBody {
  const codings = (encoding ?? '').split(',').map((coding) => coding.trim().toLowerCase())
  if (codings.length > MOST_CODINGS) {
    incoming.destroy()
    throw new TypeError('too many content codings')
  }
  const areKnown = codings.every((coding) => Object.hasOwn(DECODERS, coding))
  const decoders = areKnown ? codings.map((coding) => DECODERS[coding]!) : []
  return {
    [Symbol.asyncIterator]() {
      const streams: Duplex[] = []
      const decoded = decoders.reduceRight<Chunks>(
        (source, decode) => decode(source, streams),
        incoming,
      )
      const iterator = decoded[Symbol.asyncIterator]()
      return {
        next: () => iterator.next(),
        // Data that decodes to nothing keeps the decoders busy. `iterator.return` would wait for them.
        async return() {
          incoming.destroy()
          for (const stream of streams) stream.destroy()
          return { done: true, value: undefined }
        },
      }
    },
    destroy: () => incoming.destroy(),
  }
}

function gunzip(source: Chunks, streams: Duplex[]): Chunks {
  return pipe(source, getZlib().createGunzip(getFlush()), streams)
}

/** Decodes `deflate`. Some servers send raw data (RFC 1951) instead of the zlib format (RFC 1950). The first byte differs. */
async function* inflate(source: Chunks, streams: Duplex[]): Chunks {
  const { createInflate, createInflateRaw } = getZlib()
  const iterator = source[Symbol.asyncIterator]()
  const chunks = { [Symbol.asyncIterator]: () => iterator }
  // The body of the loop runs once, because it reads all chunks. The loop closes the source if the result is not read completely.
  for await (const first of chunks) {
    const create = (first[0]! & 0x0f) === 8 ? createInflate : createInflateRaw
    yield* pipe(prepend(first, chunks), create(getFlush()), streams)
  }
}

async function* prepend(first: Uint8Array, others: Chunks): Chunks {
  yield first
  yield* others
}

function getFlush() {
  const flush = getZlib().constants.Z_SYNC_FLUSH
  return { flush, finishFlush: flush }
}

/** Writes a source to a decoder. Each of them is destroyed when the other one ends early. */
function pipe(source: Chunks, decoder: Duplex, streams: Duplex[]): Chunks {
  streams.push(decoder)
  return process.getBuiltinModule('node:stream').pipeline(source, decoder, () => {})
}

/** Returns `node:zlib`, which is loaded only for a compressed response. */
function getZlib() {
  return process.getBuiltinModule('node:zlib')
}
