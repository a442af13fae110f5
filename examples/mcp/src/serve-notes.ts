import {
  discover,
  machineTokenCommand,
  userTokenCommand,
} from '@bearward/example-authorization-server'
import { curl, waitForStopSignal } from '@bearward/example-shared'
import { ADA, APP, CRON, GRACE } from './clients.ts'
import { callTool, INITIALIZE, MESSAGE_HEADERS } from './requests.ts'
import { SERVE_PORTS, startServers } from './start-servers.ts'

const READ_AND_WRITE = 'notes:read notes:write'

/** Starts the servers and prints commands to call them. Resolves after a stop signal. */
export async function serveNotes(): Promise<void> {
  const stopped = waitForStopSignal()
  const servers = await startServers(SERVE_PORTS)
  const { issuer, version2, version1 } = servers
  const { token_endpoint: tokenEndpoint } = await discover(issuer)
  const machine = { client: CRON, resource: version2, scope: 'notes:read' }
  const user = { issuer, client: APP, scope: READ_AND_WRITE }
  const search = callTool('search_notes', { text: 'tea' })
  const add = callTool('add_note', { text: 'tea' })

  console.log(`Copy these commands into another shell. They need curl and node.

Call a tool without a token. The response is 401, and its challenge names the metadata and the scope:

${command(version2, search)}

Fetch the metadata. It names the authorization server:

${curl(version2.replace('/mcp', '/.well-known/oauth-protected-resource/mcp'))}

Request a machine's token with the scope notes:read. A search gets 200. A call of add_note gets 403, and the challenge names
the scopes to request:

${machineTokenCommand({ variable: 'MACHINE_TOKEN', tokenEndpoint, ...machine })}
${command(version2, search, 'MACHINE_TOKEN')}
${command(version2, add, 'MACHINE_TOKEN')}

Sign in the user ${ADA.id} with these scopes, and add a note. The response is 200:

${userTokenCommand({ variable: 'USER_TOKEN', user: ADA, resource: version2, ...user })}
${command(version2, add, 'USER_TOKEN')}

Begin a session as ${ADA.id} at the server with version 1 of the SDK. Search the notes with the id of this session. The
response is 200:

${userTokenCommand({ variable: 'ADA_TOKEN', user: ADA, resource: version1, ...user })}
  SESSION=$(${beginCommand(version1)})
${command(version1, search, 'ADA_TOKEN', '$SESSION')}

Use this session id with a token of ${GRACE.id}. The response is 404:

${userTokenCommand({ variable: 'GRACE_TOKEN', user: GRACE, resource: version1, ...user })}
${command(version1, search, 'GRACE_TOKEN', '$SESSION')}

Press Ctrl-C to stop the servers.
`)
  await stopped
  await servers.close()
}

/** Returns a curl command that sends a message. */
function command(address: string, message: object, token?: string, session?: string): string {
  const header = session === undefined ? '' : ` -H "Mcp-Session-Id: ${session}"`
  return curl(address, toOptions(message) + header, token)
}

/** Returns a curl command that begins a session and prints its id. */
function beginCommand(address: string): string {
  const output = `curl -so /dev/null -w '%header{mcp-session-id}'`
  return `${output}${toOptions(INITIALIZE)} -H "Authorization: Bearer $ADA_TOKEN" ${address}`
}

function toOptions(message: object): string {
  const headers = Object.entries(MESSAGE_HEADERS).map(([name, value]) => ` -H '${name}: ${value}'`)
  return `${headers.join('')} \\\n    -d '${JSON.stringify(message)}' \\\n   `
}
