import { machineTokenCommand } from '@bearward/example-authorization-server'
import { ARCHIVE, CRON, curl, formatRefusal, READ_ARCHIVE, serve } from '@bearward/example-shared'
import type { Addresses } from '@bearward/example-shared'
import type { BearwardEvent } from '@bearward/express'
import { startApi } from './start-api.ts'

/** Runs the authorization server and the API until a stop signal, and prints each refusal. */
export async function serveDemo(): Promise<void> {
  await serve((issuer, port) => startApi(issuer, port, printRefusal), moreCommands)
}

function printRefusal(event: BearwardEvent): void {
  if (event.type === 'refused') console.log(`API log: ${event.status} ${formatRefusal(event)}`)
}

function moreCommands({ tokenEndpoint, api }: Addresses): string {
  const request = { resource: ARCHIVE, scope: READ_ARCHIVE }
  return `
Show the verified token. Read the news, where a token is optional:

${curl(`${api}/me`, '', 'USER_TOKEN')}
${curl(`${api}/news`)}

Request an opaque token, and open the archive with it. The API introspects it:

${machineTokenCommand({ variable: 'OPAQUE_TOKEN', tokenEndpoint, client: CRON, ...request })}
${curl(`${api}/archive`, '', 'OPAQUE_TOKEN')}

The reason of each refusal is printed below.
`
}
