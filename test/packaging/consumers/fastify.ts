import { auth, createBearward, type ResourceServerOptions, type Subject } from '@bearward/fastify'
import fastify from 'fastify'

const options = JSON.parse(process.argv[2]!) as ResourceServerOptions
const { plugin, requireToken } = createBearward(options)

const app = fastify()
void app.register(plugin)
app.get('/reports', { onRequest: requireToken({ scope: 'read' }) }, (request) => {
  const subject: Subject = auth(request).subject
  return { caller: subject.id }
})
app.get('/admin', { onRequest: requireToken({ scope: 'admin' }) }, () => ({}))

app.listen({ host: '127.0.0.1', port: 0 }, (error, address) => {
  if (error !== null) throw error
  process.stdout.write(`${new URL(address).port}\n`)
})
