import type { FetchBody } from '../model/fetch.ts'

/** The body of an answer. It is read once, and let go whatever happens. */
export interface AnswerBody {
  /**
   * Reads all bytes. Rejects with a `BodyError` if there are more than `limit` or if a part is neither bytes nor text,
   * and with what the body itself throws.
   */
  read(limit: number): Promise<Uint8Array>
  /** Stops reading and frees the connection. A body that was read to its end stays as it is. */
  letGo(): void
}

/** A body that is not taken. */
export class BodyError extends Error {
  readonly failure: 'too_large' | 'malformed'

  constructor(failure: BodyError['failure'], message: string) {
    super(message)
    this.failure = failure
  }
}

/** Opens the body of an answer. Nothing is read before `read` is called. */
export function openBody(body: FetchBody | null | undefined): AnswerBody {
  const source = toSource(body)
  let isOver = false
  function letGo(): void {
    if (isOver) return
    isOver = true
    // Not awaited: it may never be done, and what it throws is of no use to anybody.
    void ignoreErrors(() => source.cancel())
  }
  return {
    letGo,
    async read(limit) {
      const bytes = new Bytes(limit)
      try {
        for (let part = await source.next(); !part.done; part = await source.next()) {
          if (isOver) throw new Error('The body was let go.')
          bytes.add(part.value)
        }
        isOver = true
        return bytes.join()
      } finally {
        letGo()
      }
    },
  }
}

/** Parts of a body, as they come. */
class Bytes {
  readonly #limit: number
  readonly #chunks: Uint8Array[] = []
  #length = 0
  /** Text that is not encoded yet: a character may be divided between two parts. */
  #text = ''

  constructor(limit: number) {
    this.#limit = limit
  }

  add(part: unknown): void {
    if (typeof part === 'string') {
      this.#text += part
      this.#checkLength(this.#length + this.#text.length)
    } else if (isBytes(part)) {
      this.#encodeText()
      this.#addChunk(part)
    } else {
      throw new BodyError('malformed', 'the body is not bytes')
    }
  }

  join(): Uint8Array {
    this.#encodeText()
    const all = new Uint8Array(this.#length)
    let at = 0
    for (const chunk of this.#chunks) {
      all.set(chunk, at)
      at += chunk.length
    }
    return all
  }

  #encodeText(): void {
    if (this.#text === '') return
    this.#addChunk(new TextEncoder().encode(this.#text))
    this.#text = ''
  }

  #addChunk(chunk: Uint8Array): void {
    if (chunk.length === 0) return
    this.#length += chunk.length
    this.#checkLength(this.#length)
    this.#chunks.push(chunk)
  }

  #checkLength(length: number): void {
    if (length > this.#limit) throw new BodyError('too_large', `more than ${this.#limit} bytes`)
  }
}

/** Not `instanceof`: in Jest, a `fetch` may have the `Uint8Array` of another realm. */
function isBytes(part: unknown): part is Uint8Array {
  return ArrayBuffer.isView(part) && (part as Uint8Array).BYTES_PER_ELEMENT === 1
}

interface Source {
  next(): Promise<{ readonly done?: boolean | undefined; readonly value?: unknown }>
  cancel(): unknown
}

/** A web stream is read by its reader, because not every runtime can iterate over it. */
function toSource(body: FetchBody | null | undefined): Source {
  if (!body) return { next: async () => ({ done: true }), cancel: () => {} }
  if ('getReader' in body) {
    let reader: ReturnType<typeof body.getReader> | undefined
    return {
      next: () => (reader ??= body.getReader()).read(),
      cancel: () => (reader ?? body).cancel?.(),
    }
  }
  let iterator: AsyncIterator<unknown> | undefined
  return {
    next: () => (iterator ??= body[Symbol.asyncIterator]()).next(),
    // A stream of Node that nobody has begun to read is destroyed, or an error of it would end the process.
    cancel: () => (iterator === undefined ? body.destroy?.() : iterator.return?.()),
  }
}

async function ignoreErrors(action: () => unknown): Promise<void> {
  try {
    await action()
  } catch {}
}
