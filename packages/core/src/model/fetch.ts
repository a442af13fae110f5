/**
 * Function that makes the outgoing calls. The type is the part of the Fetch standard that is used. `globalThis.fetch` and the
 * `fetch` of undici and of node-fetch have this type.
 *
 * @example
 * import { Agent, fetch as undiciFetch } from 'undici'
 * const dispatcher = new Agent({ connect: { ca } })
 * const fetch: Fetch = (url, init) => undiciFetch(url, { ...init, dispatcher })
 */
export type Fetch = (url: string, init: FetchInit) => Promise<FetchResponse>

/** The part of the options of `fetch` that is used. */
export interface FetchInit {
  readonly method: 'GET' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  /** The form of a `POST` request. Never log the form, because it can contain a token and a secret. */
  readonly body?: string
  /** Always `manual`: redirects are not followed. */
  readonly redirect: 'manual'
  /** Aborts the call at its timeout, and when the resource server or the token source is closed. */
  readonly signal: AbortSignal
}

/** The part of a response that is read. */
export interface FetchResponse {
  readonly status: number
  /** `opaqueredirect` if `fetch` hides the response of a redirect that was not followed. The status is then 0. */
  readonly type: string
  /** `true` if a redirect was followed. In this case, the call fails. */
  readonly redirected: boolean
  readonly headers: {
    /** Returns the value of a header field. The name is compared without regard to case. */
    get(name: string): string | null
  }
  /** The body. Only a limited number of bytes is read. */
  readonly body: FetchBody | null
}

/** Body of a response: a web stream, or an iterable of chunks such as a Node stream. String chunks are encoded as UTF-8. */
export type FetchBody =
  | {
      getReader(): {
        read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>
        cancel?(): Promise<void>
      }
      cancel?(): Promise<void>
    }
  | (AsyncIterable<Uint8Array | string> & { destroy?(): unknown })
