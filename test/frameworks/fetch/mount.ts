import { createBearward, type Handler } from '@bearward/fetch'
import { getRequestListener } from '@hono/node-server'
import { type Framework, type Mount, serve } from '../framework.ts'

/** An application without a framework: a function that gets a `Request` and returns a `Response`. */
export function createFetchHandler({
  options,
  routes,
  before: { vary, metadata = [], cors } = {},
}: Pick<Mount, 'options' | 'routes' | 'before'>) {
  const bearward = createBearward(options)
  const handlers = routes.map(({ path, requirements, handle }) => ({
    path,
    handle: bearward.protect(requirements, async (request, { token }) =>
      Response.json(await handle(token, readBody(request))),
    ),
  }))
  let handler: Handler = (request) => {
    const { pathname } = new URL(request.url)
    const route = handlers.find(({ path }) => path === undefined || path === pathname)
    return route?.handle(request) ?? new Response(null, { status: 404 })
  }
  if (cors !== undefined) handler = bearward.cors(cors, handler)
  for (const one of metadata) handler = createBearward(one).metadata(handler)
  return { handler: vary === undefined ? handler : withVary(handler, vary), bearward }
}

/** Returns the body of a request in chunks. */
export async function* readBody({ body }: Request): AsyncGenerator<Uint8Array> {
  if (body !== null) yield* body as unknown as AsyncIterable<Uint8Array>
}

/** Adds a value to `Vary`, as code around the handlers of an application does. */
function withVary(handler: Handler, vary: string): Handler {
  return async (request) => {
    const response = await handler(request)
    response.headers.append('Vary', vary)
    return response
  }
}

/** A web-standard handler on Node. */
export const onFetch: Framework = {
  name: 'fetch on Node',
  start(mount) {
    const { handler, bearward } = createFetchHandler(mount)
    return serve(getRequestListener(handler), mount.maxHeaderSize, bearward)
  },
}
