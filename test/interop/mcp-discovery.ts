import type { MetadataOptions } from '@bearward/core'
import { expect, it } from 'vitest'
import { startMcpApi } from './mcp-api.ts'
import type { NotesAuthorizationServer } from './notes-authorization-server.ts'

export const METADATA = 'GET /.well-known/oauth-protected-resource'

/** The path of an API, the path that the client knows, options of the metadata, and the requests of the client. */
const DISCOVERIES: readonly (readonly [string, string, MetadataOptions, readonly string[]])[] = [
  ['/mcp', '/mcp', {}, ['/mcp 200']],
  ['/mcp', '/mcp/', {}, ['/mcp 200']],
  ['/mcp', '/mcp?tenant=a', {}, ['/mcp 200']],
  ['/mcp', '/mcp/more', { atRoot: true }, ['/mcp/more 404', ' 200']],
  ['', '/', {}, [' 200']],
  // The guard of a root resource also refuses requests for other metadata. The client continues after each 4xx.
  ['', '/mcp', {}, ['/mcp 401', ' 200']],
]

/** Tests `discoverOAuthServerInfo` of a version of the SDK. */
export function testDiscovery(
  version: number,
  discover: (serverUrl: URL) => Promise<unknown>,
  getAuthorizationServer: () => NotesAuthorizationServer,
): void {
  it.each(DISCOVERIES)(
    `discoverOAuthServerInfo of version ${version} finds the metadata of an API at "%s" from the address "%s", without a challenge, if the metadata options are %o`,
    async (path, typed, metadata, requests) => {
      const authorizationServer = getAuthorizationServer()
      const api = await startMcpApi(authorizationServer, path, { metadata })
      const found = await discover(new URL(typed, api.url))
      expect(found).toMatchObject({
        authorizationServerUrl: authorizationServer.issuer,
        authorizationServerMetadata: { issuer: authorizationServer.issuer },
        resourceMetadata: {
          resource: api.resource,
          scopes_supported: ['notes:read', 'notes:write'],
        },
      })
      expect(api.requests).toEqual(requests.map((request) => METADATA + request))
    },
  )
}
