import { describe, expect, it } from 'vitest'
import { fc } from '../../../../test/support/property.ts'
import { BodyError, openBody } from '../../src/authorization-server/answer-body.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const text = (read: Uint8Array) => new TextDecoder().decode(read)

/** An iterable body, and what became of it. */
function iterable(parts: Iterable<unknown>) {
  const state = { taken: 0, returned: 0 }
  const iterator = parts[Symbol.iterator]()
  const body = {
    [Symbol.asyncIterator]: () => ({
      async next() {
        state.taken++
        return iterator.next()
      },
      async return() {
        state.returned++
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
  it('reads bytes and text in any division, also of one character', async () => {
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

  it('reads nothing where there is no body', async () => {
    for (const none of [null, undefined]) expect(await openBody(none).read(1)).toHaveLength(0)
  })

  it.each<[name: string, part: unknown]>([
    ['bytes', bytes('ab')],
    ['text', 'ab'],
  ])('ends endless %s at the limit, and lets go of it', async (_, part) => {
    const { body, state } = iterable(endless(part))
    await expect(openBody(body).read(5)).rejects.toMatchObject({ failure: 'too_large' })
    expect(state).toEqual({ taken: 3, returned: 1 })
  })

  it.each<[name: string, part: unknown]>([
    ['an ArrayBuffer', new ArrayBuffer(8)],
    ['a DataView', new DataView(new ArrayBuffer(8))],
    ['numbers of eight bytes', new Float64Array(1)],
    ['an array', [1, 2]],
    ['nothing', undefined],
  ])('refuses parts that are no bytes: %s', async (_, part) => {
    const { body, state } = iterable(endless(part))
    const reading = openBody(body).read(5)
    await expect(reading).rejects.toBeInstanceOf(BodyError)
    await expect(reading).rejects.toMatchObject({ failure: 'malformed' })
    expect(state).toEqual({ taken: 1, returned: 1 })
  })

  it('stops reading when it is let go, even if parts without a byte never end', async () => {
    const { body, state } = iterable(endless(new Uint8Array()))
    const opened = openBody(body)
    const reading = opened.read(5)
    await Promise.resolve()
    opened.letGo()
    await expect(reading).rejects.toThrow('let go')
    expect(state.taken).toBeLessThan(10)
    expect(state.returned).toBe(1)
  })

  it('cancels a web stream that is not read to its end, once', async () => {
    let cancelled = 0
    const stream = () =>
      new ReadableStream<Uint8Array>({
        pull: (controller) => controller.enqueue(bytes('ab')),
        cancel: () => void cancelled++,
      })
    await expect(openBody(stream()).read(1)).rejects.toMatchObject({ failure: 'too_large' })
    expect(cancelled).toBe(1)
    const unread = openBody(stream())
    unread.letGo()
    unread.letGo()
    expect(cancelled).toBe(2)
  })

  it('leaves a body alone that was read to its end', async () => {
    const { body, state } = iterable(['a'])
    const opened = openBody(body)
    await opened.read(5)
    opened.letGo()
    expect(state.returned).toBe(0)
  })

  it('destroys a stream of Node that nobody has read', () => {
    let destroyed = 0
    openBody(Object.assign(iterable([]).body, { destroy: () => destroyed++ })).letGo()
    expect(destroyed).toBe(1)
  })

  it('does not wait for a body that is slow to end, and drops its errors', async () => {
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
