import type { FetchBody } from '../model/fetch.ts'

/** Body of a response. It can be read once. `read` frees the connection, even if it rejects. */
export interface ResponseBody {
  /**
   * Reads all bytes. Rejects with a `BodyError` if there are more than `limit` bytes, or if a part is neither bytes nor
   * text. Rejects with the error of the body if the body throws one.
   */
  read(limit: number): Promise<Uint8Array>
  /** Stops reading and frees the connection. Does nothing if the body was read to its end. */
  discard(): void
}

/** Thrown if a body is too large, or is neither bytes nor text. */
export class BodyError extends Error {
  readonly failure: 'too_large' | 'malformed'

  constructor(failure: BodyError['failure'], message: string) {
    super(message)
    this.failure = failure
  }
}

/** Opens the body of a response. Reads nothing before `read` is called. */
export function openBody(body: FetchBody | null | undefined): ResponseBody {
  const source = toSource(body)
  let isOver = false
  function discard(): void {
    if (isOver) return
    isOver = true
    // This call is not awaited, because `cancel` may never complete. Its errors are ignored.
    void ignoreErrors(() => source.cancel())
  }
  return {
    discard,
    async read(limit) {
      const bytes = new Bytes(limit)
      try {
        for (let part = await source.next(); !part.done; part = await source.next()) {
          if (isOver) throw new Error('The body was discarded.')
          bytes.add(part.value)
        }
        isOver = true
        return bytes.join()
      } finally {
        discard()
      }
    },
  }
}

/** Collects the parts of a body. */
class Bytes {
  readonly #limit: number
  readonly #chunks: Uint8Array[] = []
  #length = 0
  /** Text that is not encoded yet. A character can be split between two parts. */
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
      throw new BodyError('malformed', 'a part of the body is neither bytes nor text')
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

/**
 * Returns whether a part is a typed array of single bytes, such as a `Uint8Array`. Does not use `instanceof`, because in Jest,
 * `fetch` can use another JavaScript realm.
 */
function isBytes(part: unknown): part is Uint8Array {
  return ArrayBuffer.isView(part) && (part as Uint8Array).BYTES_PER_ELEMENT === 1
}

interface Source {
  next(): Promise<{ readonly done?: boolean | undefined; readonly value?: unknown }>
  cancel(): unknown
}

/** Returns functions that read a body. A web stream is read with a reader, because not every runtime can iterate over it. */
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
    // An unread stream of Node is destroyed. Otherwise an error event of the stream would end the process.
    cancel: () => (iterator === undefined ? body.destroy?.() : iterator.return?.()),
  }
}

async function ignoreErrors(action: () => unknown): Promise<void> {
  try {
    await action()
  } catch {}
}
