/**
 * Request headers that never need permission (Fetch Standard: CORS-safelisted request-header). `Content-Type` needs permission
 * unless `SAFE_MEDIA_TYPES` matches its value.
 */
const SAFE_REQUEST_HEADERS = ['accept', 'accept-language', 'content-language']
const SAFE_MEDIA_TYPES =
  /^(?:application\/x-www-form-urlencoded|multipart\/form-data|text\/plain)\b/
/** Response headers that a page can always read (Fetch Standard: CORS-safelisted response-header name). */
const SAFE_RESPONSE_HEADERS = [
  'cache-control',
  'content-language',
  'content-length',
  'content-type',
  'expires',
  'last-modified',
  'pragma',
]

/**
 * Creates a `fetch` that follows the CORS protocol as the page of a browser does (Fetch Standard section 3.3). It sends a preflight
 * request, and rejects with a `TypeError` if the server does not allow the request. It removes response headers that are not
 * exposed. All requests are treated as cross-origin and without credentials.
 */
export function createBrowserFetch(origin: string): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, init)
    const body = init?.body
    const names = Array.from(request.headers, ([name]) => name).filter((name) => {
      if (name === 'content-type') return !SAFE_MEDIA_TYPES.test(request.headers.get(name)!)
      return !SAFE_REQUEST_HEADERS.includes(name)
    })
    if (names.length > 0 || !['GET', 'HEAD', 'POST'].includes(request.method))
      await sendPreflight(origin, request, names)
    const headers = new Headers(request.headers)
    headers.set('origin', origin)
    const response = await fetch(request.url, { ...init, headers, body: body ?? null })
    checkOrigin(response, origin)
    return withExposedHeaders(response)
  }
}

async function sendPreflight(origin: string, { url, method }: Request, names: readonly string[]) {
  const response = await fetch(url, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': method,
      ...(names.length > 0 && { 'access-control-request-headers': names.join(',') }),
    },
  })
  await response.body?.cancel()
  if (!response.ok) throw new TypeError(`The preflight request got ${response.status}.`)
  checkOrigin(response, origin)
  const methods = getList(response, 'access-control-allow-methods')
  const isAllowed = (value: string, list: readonly string[]) =>
    list.includes('*') || list.includes(value)
  if (!['GET', 'HEAD', 'POST'].includes(method) && !isAllowed(method.toLowerCase(), methods))
    throw new TypeError(`The method ${method} is not allowed.`)
  const headers = getList(response, 'access-control-allow-headers')
  for (const name of names) {
    // The value `*` does not allow the header `Authorization`.
    const allowed = name === 'authorization' ? headers.includes(name) : isAllowed(name, headers)
    if (!allowed) throw new TypeError(`The header ${name} is not allowed.`)
  }
}

function checkOrigin({ headers }: Response, origin: string): void {
  const allowed = headers.get('access-control-allow-origin')
  if (allowed !== '*' && allowed !== origin) throw new TypeError('The origin is not allowed.')
}

function withExposedHeaders(response: Response): Response {
  const exposed = getList(response, 'access-control-expose-headers')
  const readable = [...response.headers].filter(
    ([name]) =>
      SAFE_RESPONSE_HEADERS.includes(name) || exposed.includes(name) || exposed.includes('*'),
  )
  const { status, statusText, body } = response
  return new Response(body, { status, statusText, headers: readable })
}

function getList({ headers }: Response, name: string): readonly string[] {
  return (headers.get(name) ?? '').split(',').map((value) => value.trim().toLowerCase())
}
