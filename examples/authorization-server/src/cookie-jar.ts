/** The cookies of one browser on one server. */
export interface CookieJar {
  /** Keeps what a response sets, and forgets what it deletes. */
  store(response: Response): void
  /** The `Cookie` header of a request to this address. */
  headerFor(url: URL): string
}

/** An empty jar. It knows names, values, paths and deletion (RFC 6265), and no more. */
export function createCookieJar(): CookieJar {
  const cookies = new Map<string, { pair: string; path: string }>()
  return {
    store(response) {
      for (const line of response.headers.getSetCookie()) {
        const [pair = '', ...attributes] = line.split(/; */)
        const path = attributeOf(attributes, 'path') ?? '/'
        const expires = attributeOf(attributes, 'expires')
        const key = `${pair.slice(0, pair.indexOf('='))} ${path}`
        if (expires !== undefined && Date.parse(expires) <= Date.now()) cookies.delete(key)
        else cookies.set(key, { pair, path })
      }
    },
    headerFor({ pathname }) {
      return Array.from(cookies.values())
        .filter(({ path }) => pathname === path || pathname.startsWith(path.replace(/\/?$/, '/')))
        .map(({ pair }) => pair)
        .join('; ')
    },
  }
}

function attributeOf(attributes: readonly string[], name: string): string | undefined {
  const found = attributes.find((attribute) => attribute.toLowerCase().startsWith(`${name}=`))
  return found?.slice(name.length + 1)
}
