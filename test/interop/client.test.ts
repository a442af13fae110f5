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
  it('gets a token that a guard accepts with the subject kind machine', async () => {
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

  it('gets opaque tokens and JWTs from one source', async () => {
    const source = sourceFor({ scope: 'read' })
    const jwt = await source.getToken()
    const opaque = await source.getToken({ resource: OPAQUE })
    expect(jwt.value.split('.')).toHaveLength(3)
    expect(opaque.value).not.toContain('.')
  })

  it('reports scopes that were not granted in missingScopes', async () => {
    const token = await sourceFor({ clientId: reader.id }).getToken()
    expect(token).toMatchObject({ scopes: ['read'], missingScopes: ['write'] })
  })

  it('authenticates with client_secret_post', async () => {
    const { secret } = orders
    const source = sourceFor({ clientAuthentication: { method: 'client_secret_post', secret } })
    expect((await source.getToken()).scopes).toEqual(['read', 'write'])
  })

  it.each<[string, Partial<ClientCredentialsOptions>, string]>([
    [
      'a wrong secret',
      { clientAuthentication: { method: 'client_secret_basic', secret: 'x' } },
      'invalid_client',
    ],
    ['an unknown client', { clientId: 'unknown' }, 'invalid_client'],
    ['an unknown resource', { resource: 'https://unknown.example.com' }, 'invalid_target'],
  ])('reports a configuration fault for %s', async (_case, options, code) => {
    await expect(sourceFor(options).getToken()).rejects.toMatchObject({
      code,
      fault: 'configuration',
    })
  })

  it('rejects an issuer with an additional trailing slash', async () => {
    const source = sourceFor({ issuer: `${server.issuer}/` })
    await expect(source.getToken()).rejects.toMatchObject({ code: 'issuer_mismatch' })
  })
})
