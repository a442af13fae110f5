import type { ClientAuthentication, Fetch, FetchInit } from '@bearward/core/internal'

/**
 * Returns the default of `resourceFetch`. A client that authenticates with a certificate can get tokens that are bound to
 * it (RFC 8705 section 3). An API accepts these only over the same certificate, which only the client's `fetch` has.
 */
export function getResourceFetch({
  clientAuthentication,
  fetch,
}: {
  readonly clientAuthentication: ClientAuthentication
  readonly fetch: Fetch
}): typeof globalThis.fetch {
  if (clientAuthentication.method === 'tls_client_auth') return toResourceFetch(fetch)
  // Looked up at each call, so that a `fetch` that is replaced later (instrumentation) is used.
  return (input, init) => globalThis.fetch(input, init)
}

/** Makes calls to an API with a `fetch` that is made for calls to the authorization server. */
function toResourceFetch(fetch: Fetch): typeof globalThis.fetch {
  return async (input, init) => {
    const request = new Request(input, init)
    const { url, method, signal } = request
    const response = await fetch(url, {
      // The type knows the two methods that are needed there. Any `fetch` passes others on.
      method: method as FetchInit['method'],
      headers: Object.fromEntries(request.headers),
      ...(await readBody(request, init?.body)),
      redirect: 'manual',
      signal,
    })
    if (!isResponse(response)) {
      throw new TypeError(
        'source.fetch requires a fetch that returns a Response: set resourceFetch',
      )
    }
    if (response.redirected) {
      throw new TypeError("source.fetch requires a fetch that honours redirect: 'manual'")
    }
    const isRedirect = response.type === 'opaqueredirect' || isRedirectStatus(response.status)
    if (isRedirect && request.redirect === 'error') throw new TypeError('unexpected redirect')
    return response
  }
}

/** Reads the body into memory if it is not a string: not every `fetch` accepts the other kinds. */
async function readBody(
  request: Request,
  given: RequestInit['body'],
): Promise<Pick<FetchInit, 'body'>> {
  if (request.body === null) return {}
  if (typeof given === 'string') return { body: given }
  const bytes = new Uint8Array(await request.arrayBuffer())
  // The type knows forms alone.
  return { body: bytes as unknown as string }
}

function isRedirectStatus(status: number): boolean {
  return [301, 302, 303, 307, 308].includes(status)
}

/** Not `instanceof`: the `fetch` of undici has a `Response` of its own. */
function isResponse(response: unknown): response is Response {
  return typeof (response as Partial<Response> | undefined)?.arrayBuffer === 'function'
}
