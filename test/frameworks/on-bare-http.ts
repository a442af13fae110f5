import { createResourceServer } from '@bearward/core'
import { guarded } from './bare-http.ts'
import { type Framework, serve } from './framework.ts'

export const onBareHttp: Framework = {
  name: 'node:http',
  start({ options, routes, maxHeaderSize }) {
    const resources = createResourceServer(options)
    const listeners = routes.map(({ path, requirements, handle }) => {
      const listener = guarded(resources.guard(requirements), (request, response, token) => {
        void handle(token, request).then((body) => response.end(JSON.stringify(body)))
      })
      return [path, listener] as const
    })
    return serve(
      (request, response) => {
        const [target] = request.url!.split('?')
        const [, listener] = listeners.find(([path]) => path === undefined || path === target)!
        listener(request, response)
      },
      maxHeaderSize,
      resources,
    )
  },
}
