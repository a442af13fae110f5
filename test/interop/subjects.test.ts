import {
  type AuthorizationServer,
  discover,
  requestClientCredentialsToken,
  signIn,
  startAuthorizationServer,
} from '@bearward/example-authorization-server'
import { classifySubject, type TokenForm } from '@bearward/core'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const JWTS = 'https://jwts.example.com'
const OPAQUE = 'https://opaque.example.com'
const machine = { kind: 'confidential', id: 'reports-cron', secret: 'of-the-test' } as const
const web = { kind: 'public', id: 'reports-web' } as const
const agent = { kind: 'public', id: 'reports-agent', agent: true } as const
const users = [{ id: 'user-ada' }, { id: 'reports-web' }] as const

let server: AuthorizationServer

beforeAll(async () => {
  server = await startAuthorizationServer({
    resources: [
      { identifier: JWTS, scopes: ['read'] },
      { identifier: OPAQUE, scopes: ['read'], format: 'opaque' },
    ],
    clients: [machine, web, agent],
    users,
  })
})

afterAll(() => server.close())

/** Classifies the subject of a token, from the claims of a JWT or from the introspection response. */
async function classify(form: TokenForm, token: string) {
  const options = { provider: 'node-oidc-provider', form } as const
  if (form === 'jwt') {
    return classifySubject(decodeJwt(token), { ...options, header: decodeProtectedHeader(token) })
  }
  const { introspection_endpoint: endpoint } = await discover(server.issuer)
  const credentials = Buffer.from(`${machine.id}:${machine.secret}`).toString('base64')
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: { authorization: `Basic ${credentials}` },
    body: new URLSearchParams({ token }),
  })
  return classifySubject((await response.json()) as Record<string, unknown>, options)
}

describe.each([
  ['jwt', JWTS, 'unknown', 'node-oidc-provider.account'],
  ['introspection', OPAQUE, 'machine', 'node-oidc-provider.introspected_account'],
] as const)('subjects of oidc-provider, by %s', (form, resource, machineKind, rule) => {
  const classifyUser = async (app: typeof web | typeof agent, user: (typeof users)[number]) =>
    classify(
      form,
      (await signIn(server.issuer, app, user, { scope: 'read', resource })).access_token,
    )

  it(`classifySubject with the form ${form} returns ${machineKind} for a token of the client credentials grant`, async () => {
    const { access_token: token } = await requestClientCredentialsToken(server.issuer, machine, {
      scope: 'read',
      resource,
    })
    expect(await classify(form, token)).toMatchObject({ kind: machineKind, clientId: machine.id })
  })

  it(`classifySubject with the form ${form} returns user for a token of a user, and adds the actor if the client is an agent`, async () => {
    const user = await classifyUser(web, users[0])
    expect(user).toMatchObject({ kind: 'user', id: 'user-ada', evidence: { rules: [rule] } })
    expect(user).not.toHaveProperty('actor')
    expect(await classifyUser(agent, users[0])).toMatchObject({
      kind: 'user',
      id: 'user-ada',
      actor: { id: 'reports-agent', clientId: 'reports-agent' },
    })
  })

  it(`classifySubject with the form ${form} returns unknown if the user id is the client id`, async () => {
    expect(await classifyUser(web, users[1])).toMatchObject({ kind: 'unknown', clientId: web.id })
  })
})
