import { auth, type ExpressGuard } from '@bearward/express'
import type { AccessToken, CorsOptions, DpopOptions, MetadataOptions } from '@bearward/core'
import { toNodeHandler } from '@modelcontextprotocol/node'
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server'
import express, { type RequestHandler, type Response } from 'express'
import { startNotesApi } from './notes-api.ts'
import type { NotesAuthorizationServer } from './notes-authorization-server.ts'

/** The tool that requires the scope `notes:write`. All other messages require `notes:read`. */
export const ADD_NOTE = 'add_note'
export const LIST_NOTES = 'list_notes'

/**
 * Starts an API with two tools, which speaks the Model Context Protocol. Its server is the one of the SDK, which accepts clients of
 * version 1 and 2.
 */
export function startMcpApi(
  authorizationServer: NotesAuthorizationServer,
  path = '/mcp',
  {
    metadata = {},
    cors,
    dpop,
  }: { metadata?: MetadataOptions; cors?: CorsOptions; dpop?: DpopOptions } = {},
) {
  const route = path === '' ? '/' : path
  return startNotesApi(
    authorizationServer,
    path,
    (app, { requireToken, ...bearward }) => {
      if (cors !== undefined) app.use(bearward.cors(cors))
      const guardTool = forTool(ADD_NOTE, requireToken({ scope: 'notes:write' }))
      app.use(route, requireToken({ scope: 'notes:read' }))
      app.post(route, express.json(), guardTool, serveNotes)
      app.get(route, (_request, response) => void response.status(405).end())
    },
    { metadata, dpop },
  )
}

/** Calls a guard for all bodies that can call this tool. The SDK executes the same parsed body. */
function forTool(name: string, guard: ExpressGuard): RequestHandler {
  return (request, response, next) => {
    const body: unknown = request.body
    const isMessage = typeof body === 'object' && body !== null && !Array.isArray(body)
    const { params } = (isMessage ? body : {}) as { params?: { name?: unknown } }
    if (isMessage && params?.name !== name) next()
    else void guard(request, response, next)
  }
}

const serveNotes: RequestHandler = (request, response, next) => {
  const handler = toNodeHandler(createMcpHandler(() => createNotes(auth(request))))
  // The SDK has another type for `request.auth`. The tools do not use it.
  const handle = handler as (request: object, response: Response, body: unknown) => Promise<void>
  handle(request, response, request.body).catch(next)
}

function createNotes({ subject }: AccessToken): McpServer {
  const server = new McpServer({ name: 'notes', version: '1.0.0' })
  const answer = (text: string) => ({ content: [{ type: 'text' as const, text }] })
  server.registerTool(LIST_NOTES, { description: 'Lists the notes.' }, () =>
    answer(`the notes of ${subject.id}`),
  )
  server.registerTool(ADD_NOTE, { description: 'Adds a note.' }, () =>
    answer(`a new note of ${subject.id}`),
  )
  return server
}
