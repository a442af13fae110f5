/** Functions that match, or do not match, the option `fetch`. See `core.test-d.ts`. */
import { clientCredentials } from '@bearward/client'
import { createResourceServer, type Fetch } from '@bearward/core'
import { createBearward } from '@bearward/express'
import { fetch as undiciFetch, ProxyAgent } from 'undici'

const issuer = 'https://as.example.com'
const audience = 'https://api.example.com'
const clientId = 'orders'
const clientAuthentication = { method: 'client_secret_basic', secret: 'a secret' } as const

createResourceServer({ issuer, audience, fetch: undiciFetch })
createBearward({ issuer, audience, fetch: undiciFetch })
clientCredentials({ issuer, clientId, clientAuthentication, fetch: undiciFetch })

const dispatcher = new ProxyAgent('http://proxy.example.com:3128')

/** Response of a custom `fetch`, without types of the Fetch standard. */
interface CustomResponse {
  readonly status: number
  readonly type: string
  readonly redirected: boolean
  readonly headers: Map<string, string>
  readonly body: AsyncIterable<Uint8Array>
}
declare function customFetch(url: string): Promise<CustomResponse>

export const fetches: readonly Fetch[] = [
  fetch,
  globalThis.fetch,
  undiciFetch,
  (url, init) => fetch(url, init),
  (url, init) => undiciFetch(url, { ...init, dispatcher }),
  async (url) => {
    const { headers, ...response } = await customFetch(url)
    return { ...response, headers: { get: (name) => headers.get(name) ?? null } }
  },
  async () => ({
    status: 503,
    type: 'default',
    redirected: false,
    headers: new Headers(),
    body: null,
  }),
]

export const fetchesThatMustNotCompile: readonly Fetch[] = [
  // @ts-expect-error: without `redirected`, a followed redirect cannot be detected
  async () => ({ status: 200, type: 'default', headers: new Headers(), body: null }),
  // @ts-expect-error: without `type`, a redirect in manual mode cannot be detected
  async () => ({ status: 200, redirected: false, headers: new Headers(), body: null }),
  // @ts-expect-error: a string cannot be read in chunks
  async () => ({
    status: 200,
    type: 'default',
    redirected: false,
    headers: new Headers(),
    body: '',
  }),
  // @ts-expect-error: the headers of a Node `IncomingMessage` have no `get` method
  async () => ({ status: 200, type: 'default', redirected: false, headers: {}, body: null }),
  // @ts-expect-error: the redirect mode is always `manual`
  (url, init: { redirect: 'follow' }) => fetch(url, init),
]
