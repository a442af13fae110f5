import { machineTokenCommand } from '@bearward/example-authorization-server'
import { ARCHIVE, CRON, curl, formatRefusal, READ_ARCHIVE, serve } from '@bearward/example-shared'
import type { Addresses } from '@bearward/example-shared'
import type { BearwardEvent } from '@bearward/express'
import { startApi } from './start-api.ts'

/** Starts the authorization server and the API, and prints each refusal. Resolves after a stop signal. */
export async function serveDemo(): Promise<void> {
  await serve((issuer, port) => startApi(issuer, port, printRefusal), moreCommands)
}

function printRefusal(event: BearwardEvent): void {
  if (event.type === 'refused') console.log(`API log: ${event.status} ${formatRefusal(event)}`)
}

function moreCommands({ tokenEndpoint, api }: Addresses): string {
  const request = { resource: ARCHIVE, scope: READ_ARCHIVE }
  return `
Show the user's token as a handler reads it after verification:

${curl(`${api}/me`, '', 'USER_TOKEN')}

Read the news. The token is optional on this route:

${curl(`${api}/news`)}

Request an opaque token and open the archive with it. The API introspects the token:

${machineTokenCommand({ variable: 'OPAQUE_TOKEN', tokenEndpoint, client: CRON, ...request })}
${curl(`${api}/archive`, '', 'OPAQUE_TOKEN')}

Show the metadata of the API. Clients read the address of the authorization server from it:

${curl(`${api}/.well-known/oauth-protected-resource`)}

The reason of each refusal appears below, in the log of the API.
`
}
