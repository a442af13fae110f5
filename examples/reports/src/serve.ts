import { once } from 'node:events'
import { discover, startAuthorizationServer } from '@bearward/example-authorization-server'
import {
  ARCHIVE,
  AUTHORIZATION_SERVER,
  CRON,
  explained,
  REPORTS_API,
} from '@bearward/example-story'
import type { BearwardEvent } from '@bearward/express'
import { startApi } from './running-api.ts'

const PORTS = { authorizationServer: 9400, api: 9401 }

/** Runs the authorization server and the API until it is interrupted, with commands to try them. */
export async function serve(): Promise<void> {
  const interrupted = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
  const authorizationServer = await onPortOrAnother(PORTS.authorizationServer, (port) =>
    startAuthorizationServer({ ...AUTHORIZATION_SERVER, port }),
  )
  const { issuer } = authorizationServer
  const api = await onPortOrAnother(PORTS.api, (port) =>
    startApi({ issuer, port, onEvent: report }),
  )
  console.log(instructions(issuer, api.url, (await discover(issuer)).token_endpoint))
  await interrupted
  await Promise.all([api.close(), authorizationServer.close()])
}

function report(event: BearwardEvent): void {
  if (event.type === 'refused') console.log(`refused, ${event.status}: ${explained(event)}`)
}

async function onPortOrAnother<T>(port: number, start: (port: number) => Promise<T>): Promise<T> {
  try {
    return await start(port)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    return start(0)
  }
}

/** To be pasted into a shell that has curl and node. */
function instructions(issuer: string, api: string, tokenEndpoint: string): string {
  return `The authorization server listens on ${issuer}
The reports API listens on ${api}

Get a token as the machine ${CRON.id}:

  TOKEN=$(curl -s ${tokenEndpoint} -u ${CRON.id}:${CRON.secret} \\
    -d grant_type=client_credentials -d resource=${REPORTS_API} \\
    -d scope='read:reports admin:reports' | node -pe 'JSON.parse(fs.readFileSync(0)).access_token')

Call the API with it, and without:

  curl -iw '\\n' -H "Authorization: Bearer $TOKEN" ${api}/reports
  curl -iw '\\n' -H "Authorization: Bearer $TOKEN" ${api}/me
  curl -iw '\\n' -H "Authorization: Bearer $TOKEN" -X POST ${api}/reindex
  curl -iw '\\n' ${api}/news
  curl -iw '\\n' ${api}/reports

Get a token that says nothing by itself, and open the archive with it:

  OPAQUE=$(curl -s ${tokenEndpoint} -u ${CRON.id}:${CRON.secret} \\
    -d grant_type=client_credentials -d resource=${ARCHIVE} \\
    -d scope=read:archive | node -pe 'JSON.parse(fs.readFileSync(0)).access_token')
  curl -iw '\\n' -H "Authorization: Bearer $OPAQUE" ${api}/archive

Why a request is refused is printed here. Ctrl-C ends both servers.
`
}
