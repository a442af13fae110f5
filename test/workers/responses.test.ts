import { expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { startScene } from './setup.ts'

it('protect and cors return the response of a WebSocket unchanged', async () => {
  const { worker, issuer } = await startScene()
  const socket = new WebSocket(`${worker.url.replace('http:', 'ws:')}/socket`, {
    headers: { authorization: `Bearer ${issuer.token()}` },
  })
  const received = await new Promise((resolve, reject) => {
    socket.on('open', () => socket.send('hello'))
    socket.on('message', (data: Buffer) => resolve(data.toString()))
    socket.on('error', reject)
  })
  socket.close()
  expect(received).toBe('echo hello')
})

it('protect responds with 401 to a WebSocket request without a token', async () => {
  const { worker } = await startScene()
  const socket = new WebSocket(`${worker.url.replace('http:', 'ws:')}/socket`)
  const status = await new Promise((resolve) => {
    socket.on('unexpected-response', (_request, { statusCode }) => resolve(statusCode))
    socket.on('error', () => {})
  })
  socket.terminate()
  expect(status).toBe(401)
})
