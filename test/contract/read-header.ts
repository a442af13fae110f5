/** The request of a framework: of Node, a web `Request`, or the context of Hono. */
type AnyRequest =
  | { readonly headers: Readonly<Record<string, string | undefined>> | Headers }
  | { readonly req: { readonly raw: Request } }

/** Returns a header of a request of any framework. `name` must be in lower case. */
export function readHeader(request: object, name: string): string | undefined {
  const known = request as AnyRequest
  const { headers } = 'headers' in known ? known : known.req.raw
  return headers instanceof Headers ? (headers.get(name) ?? undefined) : headers[name]
}
