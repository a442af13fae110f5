import { createBearward } from '@bearward/express'
import express from 'express'
import { describeContract, serve } from './run-contract.ts'

describeContract({
  name: 'Express 5',
  start({ options, routes }) {
    const app = express()
    const { requireToken } = createBearward(options)
    for (const { path, requirements, handle } of routes) {
      app.all(path, requireToken(requirements), (request, response, next) => {
        handle(request.auth, request).then((answer) => response.json(answer), next)
      })
    }
    return serve(app)
  },
})
