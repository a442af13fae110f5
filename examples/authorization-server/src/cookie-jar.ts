/** The cookies of one browser on one server. */
export interface CookieJar {
  /** Stores the cookies that a response sets, and removes those that it deletes. */
  store(response: Response): void
  /** Returns the `Cookie` header for a request to this URL. */
  getHeader(url: URL): string
}

/** Creates an empty jar. It supports names, values, paths and deletion (RFC 6265), and nothing else. */
export function createCookieJar(): CookieJar {
  const cookies = new Map<string, { pair: string; path: string }>()
  return {
    store(response) {
      for (const line of response.headers.getSetCookie()) {
        const [pair = '', ...attributes] = line.split(/; */)
        const path = readAttribute(attributes, 'path') ?? '/'
        const expires = readAttribute(attributes, 'expires')
        const key = `${pair.slice(0, pair.indexOf('='))} ${path}`
        if (expires !== undefined && Date.parse(expires) <= Date.now()) cookies.delete(key)
        else cookies.set(key, { pair, path })
      }
    },
    getHeader({ pathname }) {
      return Array.from(cookies.values())
        .filter(({ path }) => pathname === path || pathname.startsWith(path.replace(/\/?$/, '/')))
        .map(({ pair }) => pair)
        .join('; ')
    },
  }
}

function readAttribute(attributes: readonly string[], name: string): string | undefined {
  const found = attributes.find((attribute) => attribute.toLowerCase().startsWith(`${name}=`))
  return found?.slice(name.length + 1)
}
