import type { AddressInfo } from 'node:net'
import { auth, createBearward, type ResourceServerOptions, type Subject } from '@bearward/koa'
import Koa from 'koa'

const options = JSON.parse(process.argv[2]!) as ResourceServerOptions
const { requireToken } = createBearward(options)
const admin = requireToken({ scope: 'admin' })

const app = new Koa()
app.use(requireToken({ scope: 'read' }))
app.use((context, next) => (context.path === '/admin' ? admin(context, next) : next()))
app.use((context) => {
  const subject: Subject = auth(context).subject
  context.body = { caller: subject.id }
})

const server = app.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  process.stdout.write(`${port}\n`)
})
