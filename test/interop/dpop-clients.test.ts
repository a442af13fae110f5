import { type DpopOptions, memoryReplay } from '@bearward/core'
import { auth } from '@bearward/express'
import {
  Client,
  ClientCredentialsProvider,
  DpopSession,
  extractWWWAuthenticateParams,
  StreamableHTTPClientTransport,
  withDpop,
} from '@modelcontextprotocol/client'
import { extractWWWAuthenticateParams as extractAsVersion1 } from '@modelcontextprotocol/sdk/client/auth.js'
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { closing } from '../support/closing.ts'
import { bearer } from '../support/requests.ts'
import { ADD_NOTE, LIST_NOTES, startMcpApi } from './mcp-api.ts'
import { type NotesApi, startNotesApi } from './notes-api.ts'
import {
  MACHINE,
  type NotesAuthorizationServer,
  startNotesAuthorizationServer,
} from './notes-authorization-server.ts'
import { discoverServer, withoutTls } from './oauth-client.ts'

const NONCE = { nonce: { secrets: ['a-secret-of-32-characters-or-more'] } }

let authorizationServer: NotesAuthorizationServer

beforeAll(async () => {
  authorizationServer = await startNotesAuthorizationServer({ requiresNonce: true })
})
afterAll(() => authorizationServer.close())

/** Starts an API that accepts DPoP. Its handler returns the subject and the proved bindings. */
function startApi(dpop: Partial<DpopOptions> = {}): Promise<NotesApi> {
  return startNotesApi(
    authorizationServer,
    '/notes',
    (app, { requireToken }) => {
      app.get('/notes', requireToken({ scope: 'notes:read' }), (request, response) => {
        const { subject, bindings } = auth(request)
        response.json({ id: subject.id, bindings })
      })
    },
    { dpop: { replay: memoryReplay(), ...dpop } },
  )
}

const proved = { id: MACHINE.id, bindings: ['dpop'] }

/** A token of a machine, and the function with which the client of this token calls an API. */
interface DpopClient {
  readonly token: string
  /** Calls the API. Calls the API once more if it asks for a nonce. */
  call(api: NotesApi, token?: string): Promise<Response>
}

/** Calls a function again if the server asks for a nonce, as oauth4webapi documents it. */
async function withNonce<T>(call: () => Promise<T>): Promise<T> {
  return call().catch((error: unknown) => {
    if (oauth.isDPoPNonceError(error)) return call()
    throw error
  })
}

async function createOauth4webapi(resource: string): Promise<DpopClient> {
  const server = await discoverServer(authorizationServer.issuer)
  const client: oauth.Client = { client_id: MACHINE.id }
  const DPoP = oauth.DPoP(client, await oauth.generateKeyPair('ES256'))
  const options = { ...withoutTls, DPoP }
  const { access_token: token } = await withNonce(async () =>
    oauth.processClientCredentialsResponse(
      server,
      client,
      await oauth.clientCredentialsGrantRequest(
        server,
        client,
        oauth.ClientSecretBasic(MACHINE.secret),
        { scope: 'notes:read', resource },
        options,
      ),
    ),
  )
  return {
    token,
    call: (api, given = token) =>
      withNonce(() =>
        oauth.protectedResourceRequest(given, 'GET', api.url, undefined, undefined, options),
      ),
  }
}

async function createOpenidClient(resource: string): Promise<DpopClient> {
  const configuration = await openid.discovery(
    new URL(authorizationServer.issuer),
    MACHINE.id,
    {},
    openid.ClientSecretBasic(MACHINE.secret),
    // oxlint-disable-next-line typescript/no-deprecated -- it is not obsolete: the mark warns against its use in production
    { algorithm: 'oauth2', execute: [openid.allowInsecureRequests] },
  )
  const DPoP = openid.getDPoPHandle(configuration, await openid.randomDPoPKeyPair('ES256'))
  const parameters = { scope: 'notes:read', resource }
  const { access_token: token } = await openid.clientCredentialsGrant(configuration, parameters, {
    DPoP,
  })
  return {
    token,
    call: (api, given = token) =>
      openid.fetchProtectedResource(configuration, given, api.url, 'GET', undefined, undefined, {
        DPoP,
      }),
  }
}

/** Returns the challenges with which an API refuses a call. */
async function getChallenges(call: Promise<Response>) {
  const error: unknown = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (error instanceof oauth.WWWAuthenticateChallengeError) return error.cause
  throw new Error('The call was not refused.', { cause: error })
}

describe.each([
  ['oauth4webapi', createOauth4webapi],
  ['openid-client', createOpenidClient],
])('the client %s with oidc-provider', (name, createClient) => {
  it(`9449-61: ${name} gets a bound token and calls an API that accepts DPoP`, async () => {
    const api = await startApi()
    const client = await createClient(api.resource)
    for (let i = 0; i < 2; i++) {
      const response = await client.call(api)
      expect(await response.json()).toEqual(proved)
    }
    expect(api.requests).toEqual(['GET /notes 200', 'GET /notes 200'])
  })

  it(`9449-61: ${name} repeats a request with the nonce of a use_dpop_nonce response, and uses this nonce for the next call`, async () => {
    const api = await startApi(NONCE)
    const client = await createClient(api.resource)
    for (let i = 0; i < 2; i++) {
      const response = await client.call(api)
      expect(await response.json()).toEqual(proved)
    }
    // The client keeps the nonce for the second call.
    expect(api.requests).toEqual(['GET /notes 401', 'GET /notes 200', 'GET /notes 200'])
  })

  it(`9449-61: an API refuses a captured request of ${name} that is sent again`, async () => {
    const api = await startApi()
    await (await createClient(api.resource)).call(api)
    const { authorization = '', dpop = '' } = api.headers.at(-1)!
    const response = await fetch(api.url, { headers: { authorization, dpop: String(dpop) } })
    expect(response.status).toBe(401)
    expect(api.events.at(-1)).toMatchObject({ type: 'refused', reason: 'proof_used' })
  })

  it(`9449-61: a stolen token of ${name} is refused as a Bearer token and with the key of another client`, async () => {
    const api = await startApi()
    const [victim, thief] = [await createClient(api.resource), await createClient(api.resource)]
    expect((await fetch(api.url, bearer(victim.token))).status).toBe(401)
    expect(api.events.at(-1)).toMatchObject({ type: 'refused', reason: 'wrong_scheme' })
    const challenges = await getChallenges(thief.call(api, victim.token))
    expect(challenges.map(({ scheme }) => scheme)).toEqual(['bearer', 'dpop'])
    expect(challenges[1]!.parameters).toMatchObject({ error: 'invalid_token' })
    expect(api.events.at(-1)).toMatchObject({ type: 'refused', reason: 'wrong_proof_key' })
  })
})

describe('the MCP client of version 2 with oidc-provider', () => {
  const createMcpClient = () => closing(new Client({ name: 'test', version: '1.0.0' }))

  it.each([
    ['accept', {}],
    ['accept', NONCE],
    // The client finds the authorization server at the well-known address, because there is no Bearer challenge.
    ['required', NONCE],
  ] as const)(
    '9449-61: the MCP client of version 2 gets a bound token and calls an API with the DPoP mode %s and the options %o',
    async (mode, more) => {
      const api = await startMcpApi(authorizationServer, '/mcp', {
        dpop: { mode, replay: memoryReplay(), ...more },
      })
      const session = await DpopSession.create()
      const authProvider = Object.assign(
        new ClientCredentialsProvider({
          clientId: MACHINE.id,
          clientSecret: MACHINE.secret,
          expectedIssuer: authorizationServer.issuer,
          scope: 'notes:read notes:write',
        }),
        { dpop: () => session },
      )
      const client = createMcpClient()
      await client.connect(new StreamableHTTPClientTransport(api.url, { authProvider }))
      expect(authProvider.tokens()?.token_type).toBe('DPoP')
      for (const tool of [LIST_NOTES, ADD_NOTE])
        expect((await client.callTool({ name: tool })).isError).not.toBe(true)
      // The client requests the scope of the second tool when the API asks for it.
      const reasons = api.events.flatMap((event) => (event.type === 'refused' ? event.reason : []))
      expect(reasons).toEqual([
        'no_credentials',
        ...('nonce' in more ? ['nonce_required'] : []),
        'insufficient_scope',
      ])
      const schemes = api.headers.flatMap(({ authorization }) => authorization?.split(' ')[0] ?? [])
      expect(new Set(schemes)).toEqual(new Set(['DPoP']))
    },
  )

  it('9449-61: an API refuses a request through withDpop of the MCP client if the token is bound to another key', async () => {
    const api = await startApi(NONCE)
    const { token } = await createOauth4webapi(api.resource)
    const session = await DpopSession.create()
    const call = withDpop(session, () => token)(fetch)
    expect((await call(api.url)).status).toBe(401)
    expect(api.events.at(-1)).toMatchObject({ type: 'refused', reason: 'wrong_proof_key' })
  })
})

describe('the challenges of an API that accepts DPoP', () => {
  it.each([
    ['version 2', extractWWWAuthenticateParams],
    ['version 1', extractAsVersion1],
  ] as const)(
    'MCP-25: the MCP SDK of %s reads the scope, the error and the address of the metadata from every challenge',
    async (_version, extract) => {
      const api = await startApi(NONCE)
      const { token } = await createOauth4webapi(api.resource)
      const resourceMetadataUrl = new URL('/.well-known/oauth-protected-resource/notes', api.url)
      const read = async (headers: Record<string, string>) =>
        extract(await fetch(api.url, { headers }))
      const scope = 'notes:read'
      expect(await read({})).toEqual({ resourceMetadataUrl, scope, error: undefined })
      expect(await read({ authorization: 'Bearer x' })).toMatchObject({
        resourceMetadataUrl,
        scope,
        error: 'invalid_token',
      })
      expect(await read(bearer(token).headers)).toMatchObject({
        resourceMetadataUrl,
        scope,
        error: 'invalid_token',
      })
      // The error of the DPoP challenge is read as well, because the SDK searches the whole header.
      expect(await read({ authorization: `DPoP ${token}` })).toMatchObject({
        resourceMetadataUrl,
        scope,
        error: 'invalid_dpop_proof',
      })
    },
  )
})
