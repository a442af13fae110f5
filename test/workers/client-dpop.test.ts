import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { closing } from '../support/closing.ts'
import { verifyProof } from '../support/proofs.ts'
import { listen } from '../support/servers.ts'
import { startWorker } from '../support/workerd.ts'

it('a source with dpop at module scope of a Worker generates its key at the first request, and keeps it', async () => {
  const proofs: unknown[] = []
  const server = closing(
    await listen((request, response) => {
      proofs.push(request.headers['dpop'])
      response
        .setHeader('Content-Type', 'application/json')
        .end(JSON.stringify({ access_token: 'token', token_type: 'DPoP', expires_in: 600 }))
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
          allowedOrigins: [server.url],
          dpop: true,
        },
        API: `${server.url}/reports?page=1`,
      },
    }),
  )
  const responses = await Promise.all([1, 2, 3].map(async () => fetch(`${worker.url}/call`)))
  expect(responses.map(({ status }) => status)).toEqual([200, 200, 200])
  const verified = await Promise.all(proofs.map(verifyProof))
  const targets = verified.map(({ claims }) => `${String(claims['htm'])} ${String(claims['htu'])}`)
  const call = `GET ${server.url}/reports`
  expect(targets).toEqual([`POST ${server.url}/token`, call, call, call])
  expect(new Set(verified.map(({ thumbprint }) => thumbprint)).size).toBe(1)
  expect(new Set(verified.map(({ claims }) => claims.jti)).size).toBe(4)
})
