import { createResourceServer } from '@bearward/core'
import { guarded } from '../support/bare-http.ts'
import { describeContract, serve } from './run-contract.ts'

describeContract({
  name: 'node:http',
  start({ options, routes }) {
    const { guard } = createResourceServer(options)
    const listeners = new Map(
      routes.map(({ path, requirements, handle }) => [
        path,
        guarded(guard(requirements), (request, response, token) => {
          void handle(token, request).then((answer) => response.end(JSON.stringify(answer)))
        }),
      ]),
    )
    return serve((request, response) => {
      const path = request.url!.split('?')[0]!
      listeners.get(path)!(request, response)
    })
  },
})
