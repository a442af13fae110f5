import type { AddressInfo } from 'node:net'
import { auth, createBearward, type ResourceServerOptions, type Subject } from '@bearward/express'
import express from 'express'

const options = JSON.parse(process.argv[2]!) as ResourceServerOptions
const { requireToken } = createBearward(options)

const app = express()
app.get('/reports', requireToken({ scope: 'read' }), (request, response) => {
  const subject: Subject = auth(request).subject
  response.json({ caller: subject.id })
})
app.get('/admin', requireToken({ scope: 'admin' }), (_request, response) => {
  response.json({})
})

const server = app.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  process.stdout.write(`${port}\n`)
})
