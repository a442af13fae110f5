import { once } from 'node:events'
import {
  discover,
  machineTokenCommand,
  userTokenCommand,
} from '@bearward/example-authorization-server'
import { ADA, CRON, READ_AND_ADMIN, REPORTS_API, WEB_APP } from './identities.ts'
import { SERVE_PORTS, startServers } from './start-servers.ts'
import type { StartApi } from './start-servers.ts'

/** Addresses in the printed commands. */
export interface Addresses {
  readonly issuer: string
  readonly tokenEndpoint: string
  readonly api: string
}

/**
 * Starts the authorization server and the API, and prints commands that request tokens and call the API.
 * Resolves after SIGINT or SIGTERM.
 *
 * @param moreCommands Returns commands for more routes of the API.
 */
export async function serve(
  startApi: StartApi,
  moreCommands: (addresses: Addresses) => string = () => '',
): Promise<void> {
  const stopped = waitForStopSignal()
  const servers = await startServers(startApi, SERVE_PORTS)
  const { issuer } = servers.authorizationServer
  const { token_endpoint: tokenEndpoint } = await discover(issuer)
  const addresses = { issuer, tokenEndpoint, api: servers.api.url }
  console.log(`${basicCommands(addresses)}${moreCommands(addresses)}
Your own API accepts the tokens, too, if it has these options:

  createBearward({ issuer: '${issuer}', audience: '${REPORTS_API}' })

Press Ctrl-C to stop both servers.
`)
  await stopped
  await servers.close()
}

/** Resolves after SIGINT or SIGTERM. Call it before the servers start. */
export async function waitForStopSignal(): Promise<void> {
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
}

/** Returns a curl command that prints the status, the headers and the body of the response. */
export function curl(url: string, options = '', token?: string): string {
  const header = token === undefined ? '' : ` -H "Authorization: Bearer $${token}"`
  return `  curl -iw '\\n'${options}${header} ${url}`
}

function basicCommands({ issuer, tokenEndpoint, api }: Addresses): string {
  const request = { resource: REPORTS_API, scope: READ_AND_ADMIN }
  return `Copy these commands into another shell. They need curl and node.

Request a machine's token (client credentials grant) and store it in MACHINE_TOKEN:

${machineTokenCommand({ variable: 'MACHINE_TOKEN', tokenEndpoint, client: CRON, ...request })}

Sign in the user ${ADA.id} (authorization code grant with PKCE) and store the token in USER_TOKEN. The command fills in the
login form, so you do not need a browser:

${userTokenCommand({ variable: 'USER_TOKEN', issuer, client: WEB_APP, user: ADA, ...request })}

List the reports. The machine gets all reports. The user gets only their own reports:

${curl(`${api}/reports`, '', 'MACHINE_TOKEN')}
${curl(`${api}/reports`, '', 'USER_TOKEN')}

Rebuild the index. Only machines may do this: the machine gets 200, the user gets 403:

${curl(`${api}/reindex`, ' -X POST', 'MACHINE_TOKEN')}
${curl(`${api}/reindex`, ' -X POST', 'USER_TOKEN')}

Call the API without a token. The response is 401:

${curl(`${api}/reports`)}
`
}
