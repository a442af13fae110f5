import type { ClientAuthentication, Fetch, FetchInit } from '@bearward/core/internal'

/**
 * Returns the default of `resourceFetch`. With `tls_client_auth`, tokens can be bound to the client certificate (RFC 8705 section
 * 3). An API accepts such tokens only over a connection with that certificate, and only the option `fetch` presents the
 * certificate.
 */
export function getResourceFetch({
  clientAuthentication,
  fetch,
}: {
  readonly clientAuthentication: ClientAuthentication
  readonly fetch: Fetch
}): typeof globalThis.fetch {
  if (clientAuthentication.method === 'tls_client_auth') return toResourceFetch(fetch)
  // Reads `globalThis.fetch` at each call, because instrumentation can replace it later.
  return (input, init) => globalThis.fetch(input, init)
}

/** Converts a `fetch` for the authorization server to a `fetch` for APIs. */
function toResourceFetch(fetch: Fetch): typeof globalThis.fetch {
  return async (input, init) => {
    const request = new Request(input, init)
    const { url, method, signal } = request
    const response = await fetch(url, {
      // The type allows only the two methods of token requests. A `fetch` accepts every method.
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
      throw new TypeError("source.fetch requires a fetch that supports redirect: 'manual'")
    }
    const isRedirect = response.type === 'opaqueredirect' || isRedirectStatus(response.status)
    if (isRedirect && request.redirect === 'error')
      throw new TypeError("The API responded with a redirect, and redirect is 'error'.")
    return response
  }
}

/** Returns a string unchanged. Reads every other body into bytes, because not every `fetch` accepts a stream or a form. */
async function readBody(
  request: Request,
  given: RequestInit['body'],
): Promise<Pick<FetchInit, 'body'>> {
  if (request.body === null) return {}
  if (typeof given === 'string') return { body: given }
  const bytes = new Uint8Array(await request.arrayBuffer())
  // The type allows only text, because token requests send text. A `fetch` also accepts bytes.
  return { body: bytes as unknown as string }
}

function isRedirectStatus(status: number): boolean {
  return [301, 302, 303, 307, 308].includes(status)
}

/** Returns whether a value is a `Response`. Does not use `instanceof`, because the `Response` of undici is another class. */
function isResponse(response: unknown): response is Response {
  return typeof (response as Partial<Response> | undefined)?.arrayBuffer === 'function'
}
