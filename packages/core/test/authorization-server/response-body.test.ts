import { describe, expect, it } from 'vitest'
import { fc } from '../../../../test/support/property.ts'
import { BodyError, openBody } from '../../src/authorization-server/response-body.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const text = (read: Uint8Array) => new TextDecoder().decode(read)

/** Creates an iterable body that counts its reads and cancellations. */
function iterable(parts: Iterable<unknown>) {
  const state = { reads: 0, cancellations: 0 }
  const iterator = parts[Symbol.iterator]()
  const body = {
    [Symbol.asyncIterator]: () => ({
      async next() {
        state.reads++
        return iterator.next()
      },
      async return() {
        state.cancellations++
        return { done: true as const, value: undefined }
      },
    }),
  }
  return { state, body: body as AsyncIterable<Uint8Array | string> }
}

function* endless(part: unknown) {
  for (;;) yield part
}

describe('openBody', () => {
  it('openBody().read() returns the same bytes for every split of the text, even within a surrogate pair', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'binary' }),
        fc.infiniteStream(fc.nat(4)),
        async (whole, cuts) => {
          const parts: string[] = []
          for (let rest = whole; rest !== '';) {
            const [cut = 1] = cuts.take(1)
            parts.push(rest.slice(0, cut + 1))
            rest = rest.slice(cut + 1)
          }
          const read = await openBody(iterable(parts).body).read(1000)
          expect(text(read)).toBe(new TextDecoder().decode(bytes(whole)))
        },
      ),
    )
    const mixed = iterable(['\ud83d', '\ude00', bytes('!'), 'a'])
    expect(text(await openBody(mixed.body).read(100))).toBe('\u{1f600}!a')
  })

  it('openBody().read() returns no bytes if the response has no body', async () => {
    for (const none of [null, undefined]) expect(await openBody(none).read(1)).toHaveLength(0)
  })

  it.each<[name: string, part: unknown]>([
    ['bytes', bytes('ab')],
    ['text', 'ab'],
  ])(
    'openBody stops reading an endless body of %s at the limit, and cancels it',
    async (_, part) => {
      const { body, state } = iterable(endless(part))
      await expect(openBody(body).read(5)).rejects.toMatchObject({ failure: 'too_large' })
      expect(state).toEqual({ reads: 3, cancellations: 1 })
    },
  )

  it.each<[name: string, part: unknown]>([
    ['an ArrayBuffer', new ArrayBuffer(8)],
    ['a DataView', new DataView(new ArrayBuffer(8))],
    ['numbers of eight bytes', new Float64Array(1)],
    ['an array', [1, 2]],
    ['nothing', undefined],
  ])('openBody rejects a part that is neither bytes nor text: %s', async (_, part) => {
    const { body, state } = iterable(endless(part))
    const reading = openBody(body).read(5)
    await expect(reading).rejects.toBeInstanceOf(BodyError)
    await expect(reading).rejects.toMatchObject({ failure: 'malformed' })
    expect(state).toEqual({ reads: 1, cancellations: 1 })
  })

  it('openBody().discard() stops reading a body, even if the body sends empty parts without end', async () => {
    const { body, state } = iterable(endless(new Uint8Array()))
    const opened = openBody(body)
    const reading = opened.read(5)
    await Promise.resolve()
    opened.discard()
    await expect(reading).rejects.toThrow('discarded')
    expect(state.reads).toBeLessThan(10)
    expect(state.cancellations).toBe(1)
  })

  it('openBody cancels a web stream at the limit, and discard() cancels an unread stream only once', async () => {
    let cancelled = 0
    const stream = () =>
      new ReadableStream<Uint8Array>({
        pull: (controller) => controller.enqueue(bytes('ab')),
        cancel: () => void cancelled++,
      })
    await expect(openBody(stream()).read(1)).rejects.toMatchObject({ failure: 'too_large' })
    expect(cancelled).toBe(1)
    const unread = openBody(stream())
    unread.discard()
    unread.discard()
    expect(cancelled).toBe(2)
  })

  it('openBody().discard() does not cancel a body that was read to its end', async () => {
    const { body, state } = iterable(['a'])
    const opened = openBody(body)
    await opened.read(5)
    opened.discard()
    expect(state.cancellations).toBe(0)
  })

  it('openBody().discard() destroys an unread stream of Node', () => {
    let destroyed = 0
    openBody(Object.assign(iterable([]).body, { destroy: () => destroyed++ })).discard()
    expect(destroyed).toBe(1)
  })

  it('openBody does not wait for the cancellation of a body, and ignores errors of the cancellation', async () => {
    const never = {
      [Symbol.asyncIterator]: () => ({
        next: async () => ({ value: bytes('ab') }),
        return: () => new Promise<never>(() => {}),
      }),
    }
    await expect(openBody(never).read(1)).rejects.toMatchObject({ failure: 'too_large' })
    const failing = {
      [Symbol.asyncIterator]: () => ({
        next: async () => ({ value: bytes('ab') }),
        return: () => Promise.reject(new Error('of the body')),
      }),
    }
    await expect(openBody(failing).read(1)).rejects.toMatchObject({ failure: 'too_large' })
    await new Promise(setImmediate)
  })
})
