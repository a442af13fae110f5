import { type Bearward, createBearward } from '@bearward/express'
import type { BearwardEvent, DpopOptions, MetadataOptions } from '@bearward/core'
import express, { type Express } from 'express'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { closing } from '../support/closing.ts'
import { noteSecret } from '../support/secrets.ts'
import { listen } from '../support/servers.ts'
import { type NotesAuthorizationServer, SCOPES } from './notes-authorization-server.ts'
import { recordRequests } from './recorded-requests.ts'

/** An API on the loopback address. The test closes it. */
export interface NotesApi {
  /** The identifier of the API. */
  readonly resource: string
  /** The address of the API. */
  readonly url: URL
  /** The requests, as in `POST /mcp 401`. */
  readonly requests: readonly string[]
  /** The headers of the requests. */
  readonly headers: readonly IncomingHttpHeaders[]
  readonly events: readonly BearwardEvent[]
}

/**
 * Starts an API at a path. The `resource` of the API is its address. `mount` adds the routes. If the path is empty, the API has
 * the whole host.
 */
export async function startNotesApi(
  authorizationServer: NotesAuthorizationServer,
  path: string,
  mount: (app: Express, bearward: Bearward) => void,
  { metadata = {}, dpop }: { metadata?: MetadataOptions; dpop?: DpopOptions | undefined } = {},
): Promise<NotesApi> {
  const app = express()
  const { requests, record } = recordRequests()
  const headers: IncomingHttpHeaders[] = []
  const server = createServer((request, response) => {
    record(request, response)
    noteSecret(request.headers.authorization?.replace(/^(?:Bearer|DPoP) /, ''))
    noteSecret(request.headers['dpop'])
    headers.push(request.headers)
    app(request, response)
  })
  const { url: origin } = closing(await listen(server))
  const resource = origin + path
  authorizationServer.resources.add(resource)
  const events: BearwardEvent[] = []
  const bearward = createBearward({
    issuer: authorizationServer.issuer,
    machineSubject: 'client_id',
    resource,
    metadata,
    scopes: { supported: SCOPES, implies: { 'notes:write': ['notes:read'] } },
    onEvent: (event) => events.push(event),
    ...(dpop && { dpop, publicUrl: origin }),
  })
  app.use(bearward.metadata())
  mount(app, bearward)
  return { resource, url: new URL(resource), requests, headers, events }
}
