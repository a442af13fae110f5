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

/** What a resource server gets to know of a token: the claims of a JWT, or what introspection says. */
async function classify(form: TokenForm, token: string) {
  const said = { provider: 'node-oidc-provider', form } as const
  if (form === 'jwt') {
    return classifySubject(decodeJwt(token), { ...said, header: decodeProtectedHeader(token) })
  }
  const { introspection_endpoint: endpoint } = await discover(server.issuer)
  const credentials = Buffer.from(`${machine.id}:${machine.secret}`).toString('base64')
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: { authorization: `Basic ${credentials}` },
    body: new URLSearchParams({ token }),
  })
  return classifySubject((await response.json()) as Record<string, unknown>, said)
}

describe.each([
  ['jwt', JWTS, 'unknown', 'node-oidc-provider.account'],
  ['introspection', OPAQUE, 'machine', 'node-oidc-provider.introspected_account'],
] as const)('subjects of oidc-provider, by %s', (form, resource, ofMachine, rule) => {
  const ofUser = async (app: typeof web | typeof agent, user: (typeof users)[number]) =>
    classify(
      form,
      (await signIn(server.issuer, app, user, { scope: 'read', resource })).access_token,
    )

  it('are machines where the server shows it', async () => {
    const { access_token: token } = await requestClientCredentialsToken(server.issuer, machine, {
      scope: 'read',
      resource,
    })
    expect(await classify(form, token)).toMatchObject({ kind: ofMachine, clientId: machine.id })
  })

  it('are users, with an actor where one acts for them', async () => {
    const user = await ofUser(web, users[0])
    expect(user).toMatchObject({ kind: 'user', id: 'user-ada', evidence: { rules: [rule] } })
    expect(user).not.toHaveProperty('actor')
    expect(await ofUser(agent, users[0])).toMatchObject({
      kind: 'user',
      id: 'user-ada',
      actor: { id: 'reports-agent', clientId: 'reports-agent' },
    })
  })

  it('are unknown where a user is called what the client is called', async () => {
    expect(await ofUser(web, users[1])).toMatchObject({ kind: 'unknown', clientId: web.id })
  })
})
