import { describe, expect, it } from 'vitest'
import { fc } from '../../../test/support/property.ts'
import {
  hasUnreadWebBody,
  readWebBody,
  toReadableRequest,
  wasReadByGuard,
} from '../src/web-request.ts'
import { summarize } from './setup.ts'

const URL = 'https://notes.example.com/mcp?a=1'
const LARGE = 'body_too_large: more'

const post = (body: BodyInit | null, headers: Record<string, string> = {}, more: object = {}) =>
  new Request(URL, { method: 'POST', body, headers, ...more })

/** Returns a request with a body in chunks, without a length. `state` shows whether the body was cancelled. */
function streaming(...chunks: readonly string[]) {
  const state = { isCancelled: false }
  const rest = [...chunks]
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const chunk = rest.shift()
      if (chunk === undefined) controller.close()
      else controller.enqueue(new TextEncoder().encode(chunk))
    },
    cancel() {
      state.isCancelled = true
    },
  })
  return { state, request: post(body, {}, { duplex: 'half' }) }
}

const read = async (request: Request, limit = 1000) => summarize(await readWebBody(request, limit))

describe('readWebBody', () => {
  it('readWebBody reads a body with a length, and a body in chunks', async () => {
    const expected = { value: { a: 1 } }
    expect(await read(post('{"a":1}'), 7)).toEqual(expected)
    expect(await read(post('{"a":1}', { 'content-length': '7' }), 7)).toEqual(expected)
    expect(await read(streaming('{"a"', ':1}').request, 7)).toEqual(expected)
  })

  it('readWebBody returns body_too_large for one byte above the limit, and cancels the body', async () => {
    expect(await read(post('{"a":1}'), 6)).toBe(LARGE)
    expect(await read(post('{"a":1}', { 'content-length': '7' }), 6)).toBe(LARGE)
    const { request, state } = streaming('{"a"', ':1}', ' ', ' ')
    expect(await read(request, 6)).toBe(LARGE)
    expect(state.isCancelled).toBe(true)
  })

  it('readWebBody returns body_too_large if the body or its Content-Length exceeds the limit, even if the two differ', async () => {
    expect(await read(post('{"a":1}', { 'content-length': '2' }), 6)).toBe(LARGE)
    expect(await read(post('{}', { 'content-length': '1000' }), 6)).toBe(LARGE)
  })

  it('readWebBody returns malformed_body for a request without a body', async () => {
    expect(await read(post(null))).toBe('malformed_body: an empty body')
    expect(await read(post(''))).toBe('malformed_body: an empty body')
  })

  it('readWebBody returns the same value for a request that another guard has read', async () => {
    const request = post('{"a":1}')
    expect(wasReadByGuard(request)).toBe(false)
    const first = await readWebBody(request, 1000)
    expect(wasReadByGuard(request)).toBe(true)
    expect(await readWebBody(request, 1000)).toBe(first)
  })

  it('readWebBody returns the same value to two guards that read the same request without a body at the same time', async () => {
    const request = post(null)
    const [first, second] = await Promise.all([readWebBody(request, 9), readWebBody(request, 9)])
    expect(second).toBe(first)
  })

  it('readWebBody returns the same value for a request that is not extensible and that another guard has read', async () => {
    const request = Object.preventExtensions(post('{"a":1}'))
    const first = await readWebBody(request, 1000)
    expect(first).toEqual({ value: { a: 1 } })
    expect(wasReadByGuard(request)).toBe(true)
    expect(await readWebBody(request, 1000)).toBe(first)
  })

  it('readWebBody rejects a request that other code has read', async () => {
    const request = post('{"a":1}')
    await request.text()
    await expect(read(request)).rejects.toThrow(
      'The body of the request was read before the guard. Call the guard first, and pass parsedBody to other code.',
    )
  })

  it('readWebBody rejects with the error of a body that fails', async () => {
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.error(new Error('The client has disconnected.'))
      },
    })
    await expect(read(post(body, {}, { duplex: 'half' }))).rejects.toThrow(
      'The client has disconnected.',
    )
  })
})

describe('hasUnreadWebBody', () => {
  it('hasUnreadWebBody returns true only for a body with at least one byte', async () => {
    expect(await hasUnreadWebBody(post('{}'))).toBe(true)
    expect(await hasUnreadWebBody(streaming('', ' ').request)).toBe(true)
    expect(await hasUnreadWebBody(streaming('').request)).toBe(false)
    expect(await hasUnreadWebBody(post(''))).toBe(false)
    expect(await hasUnreadWebBody(post(null))).toBe(false)
    expect(await hasUnreadWebBody(new Request(URL))).toBe(false)
  })

  it('hasUnreadWebBody returns false for a body that was read', async () => {
    const request = post('{}')
    await request.text()
    expect(await hasUnreadWebBody(request)).toBe(false)
  })
})

describe('toReadableRequest', () => {
  it('toReadableRequest returns a request whose body is parsedBody, even if the body was read', async () => {
    const request = post('{"a": 1, "a": 2}')
    const parsed = await readWebBody(request, 1000)
    if (!('value' in parsed)) throw new TypeError(parsed.reason)
    const copy = toReadableRequest(request, parsed.value)
    expect(copy.bodyUsed).toBe(false)
    expect(await copy.text()).toBe('{"a":2}')
  })

  it('toReadableRequest keeps the method, the address and the headers', () => {
    const headers = { 'Content-Type': 'application/json', 'Mcp-Session-Id': 'a', Accept: 'b, c' }
    const copy = toReadableRequest(post('{}', headers), {})
    expect([copy.method, copy.url]).toEqual(['POST', URL])
    expect(Object.fromEntries(copy.headers)).toEqual({
      'content-type': 'application/json',
      'mcp-session-id': 'a',
      accept: 'b, c',
    })
  })

  it('toReadableRequest removes the length and the coding of the original body', async () => {
    const request = post('{ "a": 1 }', { 'content-length': '10', 'transfer-encoding': 'chunked' })
    const copy = toReadableRequest(request, { a: 1 })
    expect(copy.headers.get('transfer-encoding')).toBeNull()
    const length = copy.headers.get('content-length')
    const { byteLength } = await copy.arrayBuffer()
    expect([null, String(byteLength)]).toContain(length)
    expect(request.headers.get('content-length')).toBe('10')
  })

  it('toReadableRequest keeps the signal', () => {
    const controller = new AbortController()
    const copy = toReadableRequest(post('{}', {}, { signal: controller.signal }), {})
    expect(copy.signal.aborted).toBe(false)
    controller.abort(new Error('The client has disconnected.'))
    expect(copy.signal.aborted).toBe(true)
  })

  it('toReadableRequest returns a request without a body if parsedBody is undefined', async () => {
    const get = new Request(URL, { headers: { accept: 'text/event-stream' } })
    const copy = toReadableRequest(get, undefined)
    expect([copy.method, copy.url, copy.body]).toEqual(['GET', URL, null])
    expect(copy.headers.get('accept')).toBe('text/event-stream')
    const used = post('{}')
    await used.text()
    expect(toReadableRequest(used, undefined).body).toBeNull()
  })

  it('toReadableRequest writes null, and members with names of Object.prototype', async () => {
    expect(await toReadableRequest(post('null'), null).text()).toBe('null')
    const text = '{"__proto__":{"name":"list"},"name":"purge"}'
    expect(await toReadableRequest(post(text), JSON.parse(text)).text()).toBe(text)
  })

  it('toReadableRequest returns a body from which JSON.parse creates the same value', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (value) => {
        const parsed: unknown = JSON.parse(JSON.stringify(value))
        expect(await toReadableRequest(post('{}'), parsed).json()).toEqual(parsed)
      }),
      { numRuns: 50 },
    )
  })
})
