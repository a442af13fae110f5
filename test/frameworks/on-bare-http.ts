import type { ServerResponse } from 'node:http'
import { createCors, createResourceServer } from '@bearward/core'
import { guarded, toRequestLike, writeHeaders, writeResponse } from './bare-http.ts'
import { type BeforeGuards, type Framework, serve } from './framework.ts'

export const onBareHttp: Framework = {
  name: 'node:http',
  start({ options, routes, maxHeaderSize, before, createServer }) {
    const resources = createResourceServer(options)
    const prepare = createPreparation(before)
    const listeners = routes.map(({ path, requirements, handle }) => {
      const listener = guarded(resources.guard(requirements), (request, response, token) => {
        void handle(token, request).then((body) => response.end(JSON.stringify(body)))
      })
      return [path, listener] as const
    })
    return serve(
      async (request, response) => {
        if (await prepare(toRequestLike(request), response)) return
        const [target] = request.url!.split('?')
        const [, listener] = listeners.find(([path]) => path === undefined || path === target) ?? []
        if (listener === undefined) response.writeHead(404).end()
        else listener(request, response)
      },
      maxHeaderSize,
      resources,
      createServer,
    )
  },
}

/** Creates the function that runs before every guard. It returns whether it has sent a response. */
function createPreparation({ vary, metadata = [], cors }: BeforeGuards = {}) {
  const documents = metadata.map((one) => createResourceServer(one).metadata())
  const decide = cors && createCors(cors)
  return async (request: ReturnType<typeof toRequestLike>, response: ServerResponse) => {
    if (vary !== undefined) response.setHeader('Vary', vary)
    for (const respond of documents) {
      const document = await respond(request)
      if (document !== undefined) return writeResponse(document, response)
    }
    const result = decide?.(request)
    if (result?.kind === 'respond') return writeResponse(result, response)
    if (result !== undefined) writeHeaders(result, response)
    return false
  }
}
