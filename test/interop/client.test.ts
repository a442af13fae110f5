import {
  type AuthorizationServer,
  startAuthorizationServer,
} from '@bearward/example-authorization-server'
import { createResourceServer } from '@bearward/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { clientCredentials, type ClientCredentialsOptions } from '@bearward/client'
import { closing } from '../support/closing.ts'
import { requestWith } from '../support/requests.ts'

const API = 'https://api.example.com'
const OPAQUE = 'https://opaque.example.com'
const orders = { kind: 'confidential', id: 'orders', secret: 'for:this%test+only /&=' } as const
const reader = { ...orders, id: 'orders-reader', scopes: ['read'] } as const

let server: AuthorizationServer

beforeAll(async () => {
  server = await startAuthorizationServer({
    resources: [
      { identifier: API, scopes: ['read', 'write'] },
      { identifier: OPAQUE, scopes: ['read'], format: 'opaque' },
    ],
    clients: [orders, reader],
  })
})
afterAll(() => server.close())

/** Creates a token source for the client `orders`. The test closes it. */
function sourceFor(options: Partial<ClientCredentialsOptions> = {}) {
  return closing(
    clientCredentials({
      issuer: server.issuer,
      clientId: orders.id,
      clientAuthentication: { method: 'client_secret_basic', secret: orders.secret },
      resource: API,
      scope: 'read write',
      maxWait: 0,
      ...options,
    }),
  )
}

describe('clientCredentials() with oidc-provider', () => {
  it('getToken returns a token that a guard grants with the subject kind machine', async () => {
    const token = await sourceFor().getToken()
    const api = closing(
      createResourceServer({ issuer: server.issuer, audience: API, machineSubject: 'client_id' }),
    )
    const outcome = await api.guard({ scope: 'read write', subject: 'machine' })(
      requestWith(token.value),
    )
    expect(outcome).toMatchObject({
      kind: 'granted',
      token: { clientId: 'orders', subject: { kind: 'machine', id: 'orders' } },
    })
  })

  it('getToken of one source returns a JWT for one resource and an opaque token for another resource', async () => {
    const source = sourceFor({ scope: 'read' })
    const jwt = await source.getToken()
    const opaque = await source.getToken({ resource: OPAQUE })
    expect(jwt.value.split('.')).toHaveLength(3)
    expect(opaque.value).not.toContain('.')
  })

  it('getToken returns a token whose missingScopes has the scope that was not granted', async () => {
    const token = await sourceFor({ clientId: reader.id }).getToken()
    expect(token).toMatchObject({ scopes: ['read'], missingScopes: ['write'] })
  })

  it('getToken authenticates with client_secret_post', async () => {
    const { secret } = orders
    const source = sourceFor({ clientAuthentication: { method: 'client_secret_post', secret } })
    expect((await source.getToken()).scopes).toEqual(['read', 'write'])
  })

  it.each<[code: string, cause: string, Partial<ClientCredentialsOptions>]>([
    [
      'invalid_client',
      'a wrong secret',
      { clientAuthentication: { method: 'client_secret_basic', secret: 'x' } },
    ],
    ['invalid_client', 'an unknown client', { clientId: 'unknown' }],
    ['invalid_target', 'an unknown resource', { resource: 'https://unknown.example.com' }],
  ])(
    'getToken rejects with %s and the fault "configuration" for %s',
    async (code, _cause, options) => {
      await expect(sourceFor(options).getToken()).rejects.toMatchObject({
        code,
        fault: 'configuration',
      })
    },
  )

  it('getToken rejects with issuer_mismatch if issuer has an additional trailing slash', async () => {
    const source = sourceFor({ issuer: `${server.issuer}/` })
    await expect(source.getToken()).rejects.toMatchObject({ code: 'issuer_mismatch' })
  })
})
