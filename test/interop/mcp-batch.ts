import { expect, it } from 'vitest'
import { closing } from '../support/closing.ts'
import { ADD_NOTE, LIST_NOTES, startMcpApi } from './mcp-api.ts'
import type { NotesAuthorizationServer } from './notes-authorization-server.ts'

const call = (id: number, name: string) =>
  ({ jsonrpc: '2.0', id, method: 'tools/call', params: { name } }) as const

const BATCH = [call(1, LIST_NOTES), call(2, ADD_NOTE)]

/** The functions that the transports of both versions of the SDK have in common. */
interface Transport {
  start(): Promise<void>
  send(messages: typeof BATCH): Promise<void>
  close(): Promise<void>
}

/** A transport of the SDK, and the function with which its user signs in. */
interface SignedOutTransport {
  readonly transport: Transport
  /** Signs the user in for the last challenge. Returns the requested scope. */
  readonly signIn: () => Promise<string | null>
}

/** Tests the transport of a version of the SDK with a batch, against the servers of both versions. */
export function testBatch(
  version: number,
  createTransport: (url: URL) => SignedOutTransport,
  unauthorized: new () => Error,
  getAuthorizationServer: () => NotesAuthorizationServer,
): void {
  it.each([1, 2] as const)(
    `MCP-08: the transport of version ${version} sends a batch to a server of version %i, and requests the scopes of all tools in the batch`,
    async (sdk) => {
      const api = await startMcpApi(getAuthorizationServer(), '/mcp', { sdk })
      const { transport, signIn } = createTransport(api.url)
      closing(transport)
      const messages: object[] = []
      const answered = new Promise<void>((resolve) => {
        Object.assign(transport, {
          onmessage(message: object) {
            if (messages.push(message) === BATCH.length) resolve()
          },
        })
      })
      await transport.start()

      await expect(transport.send(BATCH)).rejects.toThrow(unauthorized)
      expect(await signIn()).toBe('notes:read')
      await expect(transport.send(BATCH)).rejects.toThrow(unauthorized)
      // Neither tool has run.
      expect(messages).toEqual([])
      expect(await signIn()).toBe('notes:read notes:write')
      await transport.send(BATCH)
      await answered
      const answer = (id: number, text: string) =>
        expect.objectContaining({ id, result: { content: [{ type: 'text', text }] } })
      expect(messages).toHaveLength(2)
      expect(messages).toEqual(
        expect.arrayContaining([
          answer(1, 'the notes of user-ada'),
          answer(2, 'a new note of user-ada'),
        ]),
      )
      expect(api.requests.filter((request) => request.startsWith('POST'))).toEqual([
        'POST /mcp 401',
        'POST /mcp 403',
        'POST /mcp 200',
      ])
    },
  )
}
