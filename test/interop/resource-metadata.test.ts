import { extractWWWAuthenticateParams as extractV2 } from '@modelcontextprotocol/client'
import { extractWWWAuthenticateParams as extractV1 } from '@modelcontextprotocol/sdk/client/auth.js'
import { getOAuthProtectedResourceMetadataUrl } from '@modelcontextprotocol/server'
import * as oauth from 'oauth4webapi'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bearer } from '../support/requests.ts'
import { startNotesApi } from './notes-api.ts'
import {
  createBrowser,
  MULTI_FACTOR,
  type NotesAuthorizationServer,
  startNotesAuthorizationServer,
} from './notes-authorization-server.ts'
import { discoverServer, getChallenges, signIn, withoutTls } from './oauth-client.ts'

let authorizationServer: NotesAuthorizationServer

beforeAll(async () => {
  authorizationServer = await startNotesAuthorizationServer()
})
afterAll(() => authorizationServer.close())

/** Starts an API with the routes `/read`, `/write` and `/confirm`. */
const startApi = (path: string) =>
  startNotesApi(
    authorizationServer,
    path,
    (app, { requireToken }) => {
      app.use('/read', requireToken({ scope: 'notes:read' }))
      app.use('/write', requireToken({ scope: 'notes:read notes:write' }))
      app.use('/confirm', requireToken({ scope: 'notes:read', acr: MULTI_FACTOR, maxAuthAge: 300 }))
      app.use((_request, response) => void response.json({}))
    },
    { metadata: { name: 'Notes', documentation: 'https://docs.example.com/notes' } },
  )

describe('oauth4webapi', () => {
  it.each(['/mcp', '/tenants/a/notes', '', '/notes/', '/notes?tenant=a'])(
    'resourceDiscoveryRequest and processResourceDiscoveryResponse accept the metadata of an API at the path "%s"',
    async (path) => {
      const api = await startApi(path)
      const response = await oauth.resourceDiscoveryRequest(api.url, withoutTls)
      const document = await oauth.processResourceDiscoveryResponse(api.url, response)
      expect(document).toEqual({
        resource: api.resource,
        authorization_servers: [authorizationServer.issuer],
        scopes_supported: ['notes:read', 'notes:write'],
        bearer_methods_supported: ['header'],
        resource_name: 'Notes',
        resource_documentation: 'https://docs.example.com/notes',
      })
      const server = await discoverServer(document.authorization_servers![0]!)
      expect(server.issuer).toBe(authorizationServer.issuer)
    },
  )

  it.each([
    ['/mcp', ''],
    ['/mcp', '/mcp/'],
    ['', '/mcp'],
  ])(
    'processResourceDiscoveryResponse rejects the metadata of an API at the path "%s" for the resource "%s"',
    async (path, other) => {
      const api = await startApi(path)
      const expected = new URL(other, api.url.origin)
      const response = await oauth.resourceDiscoveryRequest(api.url, withoutTls)
      await expect(oauth.processResourceDiscoveryResponse(expected, response)).rejects.toThrow(
        '"resource" property does not match the expected value',
      )
    },
  )

  it('resourceDiscoveryRequest for a resource with another path gets a response that is not metadata', async () => {
    const api = await startApi('/mcp')
    for (const path of ['/', '/mcp/', '/MCP', '/mcp/more']) {
      const other = new URL(path, api.url)
      const response = await oauth.resourceDiscoveryRequest(other, withoutTls)
      await expect(oauth.processResourceDiscoveryResponse(other, response)).rejects.toThrow(
        oauth.OperationProcessingError,
      )
    }
  })
})

/** The parts of a challenge that all clients read. */
interface ReadChallenge {
  readonly resource_metadata: string | undefined
  readonly scope: string | undefined
  readonly error: string | undefined
}

const CLIENTS: Readonly<Record<string, (url: URL, token: string) => Promise<ReadChallenge>>> = {
  async 'extractWWWAuthenticateParams of version 1'(url, token) {
    const { resourceMetadataUrl, scope, error } = extractV1(await call(url, token))
    return { resource_metadata: resourceMetadataUrl?.href, scope, error }
  },
  async 'extractWWWAuthenticateParams of version 2'(url, token) {
    const { resourceMetadataUrl, scope, error } = extractV2(await call(url, token))
    return { resource_metadata: resourceMetadataUrl?.href, scope, error }
  },
  async 'protectedResourceRequest of oauth4webapi'(url, token) {
    const [challenge, ...others] = await getChallenges(url, token)
    expect(challenge!.scheme).toBe('bearer')
    expect(others).toEqual([])
    const { resource_metadata, scope, error } = challenge!.parameters
    return { resource_metadata, scope, error }
  },
}

const call = (url: URL, token: string) => fetch(url, token === '' ? {} : bearer(token))

describe.each(Object.entries(CLIENTS))('%s', (name, readChallenge) => {
  it.each([
    ['/read', 'an invalid token', 401, { scope: 'notes:read', error: 'invalid_token' }],
    [
      '/write',
      'a token without the scope',
      403,
      { scope: 'notes:read notes:write', error: 'insufficient_scope' },
    ],
    [
      '/confirm',
      'a token of an old sign-in',
      401,
      { scope: 'notes:read', error: 'insufficient_user_authentication' },
    ],
  ] as const)(
    `${name} reads the challenge that %s sends for %s with the status %i`,
    async (route, token, status, challenge) => {
      const api = await startApi('/mcp')
      const { resource } = api
      const given =
        token === 'an invalid token'
          ? 'x.y.z'
          : await signIn(authorizationServer.issuer, createBrowser(), {
              scope: 'notes:read',
              resource,
            })
      const url = new URL(route, api.url)
      expect(await readChallenge(url, given)).toEqual({
        ...challenge,
        resource_metadata: `${api.url.origin}/.well-known/oauth-protected-resource/mcp`,
      })
      expect(api.requests).toEqual([`GET ${route} ${status}`])
    },
  )
})

describe('a challenge without credentials', () => {
  it.each([
    ['version 1', extractV1],
    ['version 2', extractV2],
  ])(
    'extractWWWAuthenticateParams of %s reads scope and resource_metadata, and no error, from a 401 without credentials',
    async (_version, extract) => {
      const api = await startApi('/mcp')
      const response = await fetch(new URL('/write', api.url))
      expect(extract(response)).toEqual({
        resourceMetadataUrl: new URL('/.well-known/oauth-protected-resource/mcp', api.url),
        scope: 'notes:read notes:write',
      })
    },
  )

  it.each(['/mcp', '/tenants/a/notes', '', '/notes?tenant=a'])(
    'processResourceDiscoveryResponse accepts the document at resource_metadata of an API at the path "%s"',
    async (path) => {
      const api = await startApi(path)
      const { resourceMetadataUrl } = extractV2(await fetch(new URL('/read', api.url)))
      expect(resourceMetadataUrl!.href).toBe(getOAuthProtectedResourceMetadataUrl(api.url))
      const response = await fetch(resourceMetadataUrl!)
      expect(await oauth.processResourceDiscoveryResponse(api.url, response)).toMatchObject({
        resource: api.resource,
      })
    },
  )
})
