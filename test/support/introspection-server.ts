import { type Asked, type Script, type ScriptedServer, scriptedServer } from './scripted-server.ts'

export type { Asked, Script }
/** An issuer on the loopback address, with metadata, keys, and an introspection endpoint that obeys a test. */
export type IntrospectionServer = ScriptedServer

/** `others` are documents or scripts by their path, in the place of those that the server has. */
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

/** Answers with these bytes, this type, and 200. */
export function raw(body: string | Uint8Array, type = 'application/json', more: object = {}) {
  return ({ response }: Asked): void =>
    void response.writeHead(200, { 'Content-Type': type, ...more }).end(body)
}
