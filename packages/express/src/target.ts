/** The members of a request that contain its target. */
interface Targeted {
  readonly originalUrl?: string
  readonly url: string
}

/** Returns the request target. A request of node:http, such as an upgrade request, has no `originalUrl`. */
export function getTarget({ originalUrl, url }: Targeted): string {
  return originalUrl ?? url
}
