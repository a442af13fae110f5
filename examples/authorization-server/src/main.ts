import { once } from 'node:events'
import { discover } from './metadata.ts'
import type { ConfidentialClient, PublicClient, User } from './options.ts'
import { onPortOrFreePort } from './port.ts'
import { startAuthorizationServer } from './server.ts'
import { machineTokenCommand, userTokenCommand } from './token-commands.ts'

const API = 'https://api.example.com'
const SCOPES = ['read', 'write']
const MACHINE: ConfidentialClient = {
  kind: 'confidential',
  id: 'example-service',
  secret: 'for-demonstration-only',
}
const APP: PublicClient = { kind: 'public', id: 'example-app' }
const USER: User = { id: 'user-ada', name: 'Ada' }

const interrupted = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])

console.log('Starting an authorization server (oidc-provider) ...')
const server = await onPortOrFreePort(9400, (port) =>
  startAuthorizationServer({
    resources: [{ identifier: API, scopes: SCOPES }],
    clients: [MACHINE, APP],
    users: [USER],
    port,
  }),
)
const { issuer } = server
const { token_endpoint: tokenEndpoint } = await discover(issuer)
const request = { resource: API, scope: SCOPES.join(' ') }

console.log(`The authorization server listens on ${issuer}

To accept the tokens of this server in your API, use these options:

  createBearward({
    issuer: '${issuer}',
    audience: '${API}',
    provider: 'node-oidc-provider',
    machineClients: ['${MACHINE.id}'],
  })

Request a machine's token (client credentials grant) and store it in MACHINE_TOKEN:

${machineTokenCommand({ variable: 'MACHINE_TOKEN', tokenEndpoint, client: MACHINE, ...request })}

Sign a user in (authorization code grant with PKCE) and store the token in USER_TOKEN. The command fills in the
login form, so you do not need a browser:

${userTokenCommand({ variable: 'USER_TOKEN', issuer, client: APP, user: USER, ...request })}

Show the metadata and the public keys:

  curl -sw '\\n' ${issuer}/.well-known/oauth-authorization-server
  curl -sw '\\n' ${issuer}/jwks

Press Ctrl-C to stop the server.`)

await interrupted
await server.close()
