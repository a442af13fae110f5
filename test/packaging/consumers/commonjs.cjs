const { auth, createBearward } = require('@bearward/express')
const express = require('express')

const { requireToken } = createBearward(JSON.parse(process.argv[2]))

const app = express()
app.get('/reports', requireToken({ scope: 'read' }), (request, response) => {
  response.json({ caller: auth(request).subject.id })
})
app.get('/admin', requireToken({ scope: 'admin' }), (_request, response) => {
  response.json({})
})

const server = app.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${server.address().port}\n`)
})
