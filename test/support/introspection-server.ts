import {
  type ReceivedRequest,
  type Script,
  type ScriptedServer,
  scriptedServer,
} from './scripted-server.ts'

export type { ReceivedRequest, Script }
/** Issuer on the loopback address with metadata and an introspection endpoint. The test sets its responses. */
export type IntrospectionServer = ScriptedServer

/**
 * Starts an issuer with an introspection endpoint.
 *
 * @param others Returns documents or scripts by path. They replace the documents of the server at the same paths.
 */
export function introspectionServer(
  first: Script,
  others: (url: string) => Record<string, Script> = () => ({}),
): Promise<IntrospectionServer> {
  return scriptedServer('/introspect', first, (url) => ({
    '/.well-known/openid-configuration': {
      issuer: url,
      jwks_uri: `${url}/jwks`,
      introspection_endpoint: `${url}/introspect`,
    },
    ...others(url),
  }))
}

/** Returns a script that responds with 200, these bytes, this content type and these headers. */
export function raw(body: string | Uint8Array, type = 'application/json', more: object = {}) {
  return ({ response }: ReceivedRequest): void =>
    void response.writeHead(200, { 'Content-Type': type, ...more }).end(body)
}
