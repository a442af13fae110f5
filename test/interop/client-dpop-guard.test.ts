import {
  type AuthorizationServer,
  startAuthorizationServer,
} from '@bearward/example-authorization-server'
import { clientCredentials, type ClientCredentialsOptions } from '@bearward/client'
import { createResourceServer, memoryReplay } from '@bearward/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { closing } from '../support/closing.ts'
import { fc } from '../support/property.ts'
import { listen } from '../support/servers.ts'

const AUDIENCE = 'https://api.example.com'
const orders = { kind: 'confidential', id: 'orders', secret: 'a-secret-for-tests' } as const

let server: AuthorizationServer

beforeAll(async () => {
  server = await startAuthorizationServer({
    resources: [{ identifier: AUDIENCE, scopes: ['read'] }],
    clients: [orders],
    requireDpopNonce: true,
  })
})
afterAll(() => server.close())

/** Starts an API with a guard that requires DPoP, and a token source for this API. Records the outcome of each request. */
async function startScene(nonce: object, options: Partial<ClientCredentialsOptions> = {}) {
  const outcomes: string[] = []
  let publicUrl = ''
  const api = closing(
    await listen(async (request, response) => {
      const { method, url, headers, rawHeaders } = request
      const outcome = await guard({ method: method!, url: url!, headers, rawHeaders })
      outcomes.push(outcome.kind === 'refused' ? outcome.reason : outcome.kind)
      for (const [name, value] of Object.entries(outcome.headers)) response.setHeader(name, value)
      response.statusCode = outcome.kind === 'refused' ? outcome.status : 200
      response.end()
    }),
  )
  publicUrl = api.url
  const resourceServer = closing(
    createResourceServer({
      issuer: server.issuer,
      audience: AUDIENCE,
      publicUrl,
      dpop: { replay: memoryReplay(), ...nonce },
    }),
  )
  const guard = resourceServer.guard({ scope: 'read', bound: 'dpop' })
  const source = closing(
    clientCredentials({
      issuer: server.issuer,
      clientId: orders.id,
      clientAuthentication: { method: 'client_secret_basic', secret: orders.secret },
      resource: AUDIENCE,
      scope: 'read',
      allowedOrigins: [api.url],
      dpop: true,
      ...options,
    }),
  )
  return { url: api.url, outcomes, source }
}

const NONCE = { nonce: { secrets: ['a-secret-of-32-characters-or-more'] } }

describe('dpop with a guard of this library', () => {
  it('source.fetch() is granted, and the guard accepts each proof only once', async () => {
    const { url, source, outcomes } = await startScene({})
    for (const path of ['/', '/reports?page=2', '/reports?page=2']) {
      expect((await source.fetch(url + path)).status).toBe(200)
    }
    const headers = await source.headers({ url })
    expect((await fetch(url, { headers })).status).toBe(200)
    expect((await fetch(url, { headers })).status).toBe(401)
    expect(outcomes.slice(0, 4)).toEqual(['granted', 'granted', 'granted', 'granted'])
  })

  it('source.fetch() sends one more request if the guard requires a nonce', async () => {
    const { url, source, outcomes } = await startScene(NONCE)
    for (let call = 0; call < 3; call++) {
      const response = await source.fetch(url, { method: 'POST', body: 'hello' })
      expect(response.status).toBe(200)
    }
    expect(outcomes.slice(1)).toEqual(['granted', 'granted', 'granted'])
    expect(source.counters()).toMatchObject({ issued: 1, invalidated: 0, failed: 0 })
  })

  it('source.fetch() is granted for every path in which each percent-encoding is complete', async () => {
    const { url, source } = await startScene({})
    const character = fc.constantFrom(
      ...'ab/.~:@!$&()*+,;=|^"<>{}`[]\\ \u00e9'.split(''),
      '%2f',
      '%7E',
      '..',
      '//',
    )
    const path = fc.array(character, { maxLength: 12 }).map((parts) => `/${parts.join('')}`)
    await fc.assert(
      fc.asyncProperty(path, async (given) => {
        // A path such as `//b` names another host.
        const address = new URL(url + given)
        fc.pre(address.origin === url)
        expect((await source.fetch(address)).status).toBe(200)
      }),
      { numRuns: 200 },
    )
  })
})
