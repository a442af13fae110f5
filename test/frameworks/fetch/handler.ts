import { createBearward, type Handler } from '@bearward/fetch'
import type { Mount } from '../framework.ts'

/**
 * Creates an application without a framework: a function that gets a `Request` and returns a `Response`. This module imports no
 * module of Node, so it also runs in other runtimes.
 */
export function createFetchHandler({
  options,
  routes,
  before: { vary, metadata = [], cors } = {},
}: Pick<Mount, 'options' | 'routes' | 'before'>) {
  const bearward = createBearward(options)
  const handlers = routes.map(({ path, requirements, handle }) => ({
    path,
    handle: bearward.protect(
      requirements,
      async (request: Request, { token }, ..._rest: unknown[]) =>
        Response.json(await handle(token, readBody(request))),
    ),
  }))
  let handler: Handler<Request, unknown[]> = (request, ...rest) => {
    const { pathname } = new URL(request.url)
    const route = handlers.find(({ path }) => path === undefined || path === pathname)
    return route?.handle(request, ...rest) ?? new Response(null, { status: 404 })
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
function withVary(handler: Handler<Request, unknown[]>, vary: string): typeof handler {
  return async (request, ...rest) => {
    const response = await handler(request, ...rest)
    response.headers.append('Vary', vary)
    return response
  }
}
