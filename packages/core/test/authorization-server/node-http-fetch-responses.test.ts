import { describe, expect, it } from 'vitest'
import { closing } from '../../../../test/support/closing.ts'
import { FETCHES, globalFetch } from '../../../../test/support/fetches.ts'
import { fc, toCharacterAt } from '../../../../test/support/property.ts'
import { listenRaw } from '../../../../test/support/raw-server.ts'
import { watchProcess } from '../../../../test/support/watch-process.ts'
import { boundedFetch, FetchError } from '../../src/authorization-server/bounded-fetch.ts'
import { withDeadline } from '../../src/authorization-server/deadline.ts'
import { httpFetch } from '../../src/authorization-server/node-http-fetch.ts'
import { systemClock } from '../../src/lib/clock.ts'
import type { Fetch } from '../../src/model/fetch.ts'
import { DOCUMENT, ok, RAW_CASES, type RawCase, REFUSED_CASES, respond } from './responses.ts'

const faults = watchProcess()
const { signal: closed } = new AbortController()

interface Result {
  readonly document?: string
  readonly failure?: string
  readonly [detail: string]: unknown
}

/** Fetches a document. Returns the document and its age, or the failure. */
async function read(fetch: Fetch, url: string): Promise<Result> {
  const bounds = { clock: systemClock, timeout: 10_000, closed }
  try {
    const fetched = await withDeadline(bounds, (signal) => boundedFetch(fetch)(url, signal))
    return { ...fetched, document: JSON.stringify(fetched.document) }
  } catch (error) {
    if (!(error instanceof FetchError)) throw error
    const { failure, status, retryAfter } = error
    return { failure, status, retryAfter }
  }
}

/** Fetches a document from a server that sends these bytes. Returns the document or the failure, and the number of requests. */
async function readFrom(fetch: Fetch, { bytes, ends }: Pick<RawCase, 'bytes' | 'ends'>) {
  const server = closing(
    await listenRaw((socket) => (ends ? socket.end(bytes) : socket.write(bytes))),
  )
  const { failure, document } = await read(fetch, server.url)
  const requests = server.requests.length
  expect(await faults.faults()).toEqual([])
  return { result: failure ?? document, requests }
}

describe.each(FETCHES)('%s: responses', (name, fetch) => {
  for (const [kind, cases] of Object.entries(RAW_CASES)) {
    describe(kind, () => {
      it.each(cases)(
        `boundedFetch with ${name} returns or rejects with $result for a response with $title`,
        async ({ result, requests = 1, ...response }) => {
          expect(await readFrom(fetch, response)).toEqual({ result, requests })
        },
      )
    })
  }

  it(`${name} joins the values of repeated header fields with a comma`, async () => {
    const lines = ['Cache-Control: public', 'Age: 5', 'cache-control: \t max-age=60', 'Age: 9']
    const server = closing(await listenRaw((socket) => socket.write(ok(DOCUMENT, ...lines))))
    expect(await read(fetch, server.url)).toEqual({ document: DOCUMENT, maxAge: 51, age: 9 })
    const init = { method: 'GET', headers: {}, redirect: 'manual', signal: closed } as const
    const { headers } = await fetch(server.url, init)
    expect(headers.get('Cache-Control')).toBe('public, max-age=60')
    expect(headers.get('age')).toBe('5, 9')
    expect(headers.get('missing')).toBeNull()
    expect(headers.get('constructor')).toBeNull()
  })

  it(`boundedFetch with ${name} rejects with the status and Retry-After of an error response`, async () => {
    const bytes = respond([
      'HTTP/1.1 429 Slow',
      'Retry-After: 1',
      'Retry-After: 2',
      'Content-Length: 0',
    ])
    const server = closing(await listenRaw((socket) => socket.write(bytes)))
    const failure = { failure: 'status', status: 429, retryAfter: '1, 2' }
    expect(await read(fetch, server.url)).toEqual(failure)
  })
})

describe('httpFetch', () => {
  it.each(REFUSED_CASES)(
    'boundedFetch with httpFetch rejects with $result for a response with $title',
    async ({ result, requests = 1, ...response }) => {
      expect(await readFrom(httpFetch, response)).toEqual({ result, requests })
    },
  )

  it('httpFetch and the global fetch read the same document from a randomly changed response if both accept it', async () => {
    let bytes: Buffer = Buffer.alloc(0)
    const server = closing(await listenRaw((socket) => socket.end(bytes)))
    const originals = [
      ok('{"a":"b"}', 'Cache-Control: max-age=60'),
      respond(
        ['HTTP/1.1 200 OK', 'Content-Type: application/json', 'Transfer-Encoding: chunked'],
        '7\r\n{"a":1}\r\n0\r\n\r\n',
      ),
    ]
    const character = toCharacterAt('\r\n \t\0:,;019af-+\x80')
    const change = fc.record({
      at: fc.nat(),
      removed: fc.nat(1),
      added: fc.option(character, { nil: '' }),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...originals),
        fc.array(change, { minLength: 1, maxLength: 2 }),
        async (original, changes) => {
          bytes = original
          for (const { at, removed, added } of changes) {
            const start = at % bytes.length
            const inserted = Buffer.from(added, 'latin1')
            bytes = Buffer.concat([
              bytes.subarray(0, start),
              inserted,
              bytes.subarray(start + removed),
            ])
          }
          const [own, other] = [
            await read(httpFetch, server.url),
            await read(globalFetch, server.url),
          ]
          if (own.document && other.document) expect(own).toEqual(other)
        },
      ),
      { numRuns: 300 },
    )
    expect(await faults.faults()).toEqual([])
  })
})
