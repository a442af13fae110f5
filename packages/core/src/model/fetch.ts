/**
 * The part of the Fetch standard that outgoing calls use. `globalThis.fetch`, the `fetch` of undici and that of
 * node-fetch fit.
 */
export type Fetch = (url: string, init: FetchInit) => Promise<FetchResponse>

export interface FetchInit {
  readonly method: 'GET' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  /** A form, where the method is `POST`. It holds a token, and may hold a secret. */
  readonly body?: string
  /** Always `manual`: the answer is taken as it comes, and a redirect is not followed. */
  readonly redirect: 'manual'
  readonly signal: AbortSignal
}

/** The part of a response that is read. */
export interface FetchResponse {
  readonly status: number
  /** `opaqueredirect` for a redirect that was not followed and has no status. */
  readonly type: string
  /** True if a redirect was followed. If so, the call fails. */
  readonly redirected: boolean
  readonly headers: {
    /** Returns the value of a header, whatever the case of its name. */
    get(name: string): string | null
  }
  /** Read up to a limit of bytes. */
  readonly body: FetchBody | null
}

/** A web stream, or an iterable of chunks such as a stream of Node. A chunk that is a string is encoded as UTF-8. */
export type FetchBody =
  | {
      getReader(): {
        read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>
        cancel?(): Promise<void>
      }
      cancel?(): Promise<void>
    }
  | (AsyncIterable<Uint8Array | string> & { destroy?(): unknown })
