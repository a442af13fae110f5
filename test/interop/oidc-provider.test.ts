import '@bearward/express/req-auth'
import {
  type AuthorizationServer,
  requestClientCredentialsToken,
  signIn,
  SIGNING_ALGORITHMS,
  startAuthorizationServer,
} from '@bearward/example-authorization-server'
import { createBearward } from '@bearward/express'
import type { BearwardEvent } from '@bearward/core'
import express from 'express'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bearer } from '../support/requests.ts'
import { listen, type RunningServer } from '../support/servers.ts'

const machine = {
  kind: 'confidential',
  id: 'reports-cron',
  secret: 'a-secret-of-the-test',
} as const
const app = { kind: 'public', id: 'reports-web' } as const
const toResource = (algorithm: string) => `https://${algorithm.toLowerCase()}.example.com`

let authorizationServer: AuthorizationServer

beforeAll(async () => {
  authorizationServer = await startAuthorizationServer({
    resources: SIGNING_ALGORITHMS.map((algorithm) => ({
      identifier: toResource(algorithm),
      scopes: ['read', 'write'],
      algorithm,
    })),
    clients: [machine, app],
    users: [{ id: 'user-ada' }],
  })
})

afterAll(() => authorizationServer.close())

async function startApi(options: { audience: string | string[]; jwtProfile?: 'rfc9068' }) {
  const events: BearwardEvent[] = []
  const bearward = createBearward({
    issuer: authorizationServer.issuer,
    machineSubject: 'client_id',
    onEvent: (event) => events.push(event),
    ...options,
  })
  const api = express()
  api.get('/', bearward.requireToken({ scope: 'read' }), (req, res) => {
    res.json({ kind: req.auth!.subject.kind, id: req.auth!.subject.id })
  })
  return { api: await listen(api), events }
}

async function call({ url }: RunningServer, token: string) {
  const response = await fetch(url, bearer(token))
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

const requestMachineToken = (resource: string, scope = 'read') =>
  requestClientCredentialsToken(authorizationServer.issuer, machine, { scope, resource })

describe.each(SIGNING_ALGORITHMS)('tokens of oidc-provider signed with %s', (algorithm) => {
  const resource = toResource(algorithm)

  it(`a guard grants ${algorithm} tokens of a machine and a user, and refuses tokens without the scope or for another API`, async () => {
    const { api, events } = await startApi({ audience: resource, jwtProfile: 'rfc9068' })
    const other = toResource(algorithm === 'RS256' ? 'ES256' : 'RS256')
    const user = await signIn(
      authorizationServer.issuer,
      app,
      { id: 'user-ada' },
      { scope: 'read', resource },
    )

    expect(await call(api, (await requestMachineToken(resource)).access_token)).toEqual({
      status: 200,
      body: { kind: 'machine', id: 'reports-cron' },
    })
    expect(await call(api, user.access_token)).toEqual({
      status: 200,
      body: { kind: 'user', id: 'user-ada' },
    })
    expect(
      await call(api, (await requestMachineToken(resource, 'write')).access_token),
    ).toMatchObject({
      status: 403,
      body: { error: 'insufficient_scope' },
    })
    expect(await call(api, (await requestMachineToken(other)).access_token)).toMatchObject({
      status: 401,
      body: { error: 'invalid_token' },
    })
    expect(events.filter((event) => event.type === 'keys_refreshed')).toHaveLength(1)
    await api.close()
  })
})
