/** The part of the Fetch standard that outgoing calls use. `globalThis.fetch` fits. */
export type Fetch = (url: string, init: FetchInit) => Promise<Response>

export interface FetchInit {
  readonly method: 'GET' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  /** A form, where the method is `POST`. It holds a token, and may hold a secret. */
  readonly body?: string
  /** Always `manual`: the answer is taken as it comes, and a redirect is not followed. */
  readonly redirect: 'manual'
  readonly signal: AbortSignal
}
