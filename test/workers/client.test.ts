import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { closing } from '../support/closing.ts'
import { listen } from '../support/servers.ts'
import { until } from '../support/until.ts'
import { startWorker } from '../support/workerd.ts'

/**
 * Starts a token endpoint that holds its responses until `release` is called, and a Worker that gets tokens from this endpoint.
 */
async function startScene() {
  const held: (() => void)[] = []
  let isHolding = true
  let requests = 0
  let cancelled = 0
  const server = closing(
    await listen((_request, response) => {
      const value = `token-${++requests}`
      response.once('close', () => (cancelled += response.writableFinished ? 0 : 1))
      const answer = () =>
        void response
          .setHeader('Content-Type', 'application/json')
          .end(JSON.stringify({ access_token: value, token_type: 'Bearer', expires_in: 600 }))
      if (isHolding) held.push(answer)
      else answer()
    }),
  )
  const worker = closing(
    await startWorker({
      entry: fileURLToPath(new URL('client.ts', import.meta.url)),
      bindings: {
        OPTIONS: {
          tokenEndpoint: `${server.url}/token`,
          clientId: 'orders',
          clientAuthentication: { method: 'client_secret_basic', secret: 'a-secret' },
        },
      },
    }),
  )
  return {
    get: async (path = '/') => (await fetch(worker.url + path)).text(),
    requests: () => requests,
    release() {
      isHolding = false
      for (const answer of held.splice(0)) answer()
    },
    /** Sends a request, and disconnects when the token endpoint has received the request of the Worker. */
    async getAndLeave() {
      const socket = connect(worker.port, '127.0.0.1')
      socket.on('error', () => {})
      socket.write('GET / HTTP/1.1\r\nHost: api\r\n\r\n')
      await until(() => requests === 1)
      socket.resetAndDestroy()
      await until(() => cancelled === 1)
    },
  }
}

it('getToken in a Worker: requests at the same time share one token request', async () => {
  const { get, requests, release } = await startScene()
  const both = [get(), get()]
  await until(() => requests() === 1)
  release()
  expect(await Promise.all(both)).toEqual(['token-1', 'token-1'])
})

it('getToken in a Worker: the next call requests a token itself if the client of the first request disconnects', async () => {
  const { get, getAndLeave, requests, release } = await startScene()
  await getAndLeave()
  release()
  expect(await get()).toBe('token-2')
  expect(await get()).toBe('token-2')
  expect(requests()).toBe(2)
})
