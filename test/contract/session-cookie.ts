/** The request of a framework: of Node, a web `Request`, or the context of Hono. */
type AnyRequest =
  | { readonly headers: Readonly<Record<string, string | undefined>> | Headers }
  | { readonly req: { readonly raw: Request } }

/** Returns the cookie `session` of a request of any framework. */
export function sessionCookie(request: object): string | undefined {
  const known = request as AnyRequest
  const { headers } = 'headers' in known ? known : known.req.raw
  const cookie = headers instanceof Headers ? headers.get('cookie') : headers['cookie']
  return /(?:^|; )session=([^;]*)/.exec(cookie ?? '')?.[1]
}
