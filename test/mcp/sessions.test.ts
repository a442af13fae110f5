import { describe, expect, it } from 'vitest'
import { sendInTurn } from '../support/servers.ts'
import { ALL, TOKENS, tokenWith } from './fixture.ts'
import { LIST, PURGE } from './messages.ts'
import { type Sent, writeRequest } from './requests.ts'
import { MCP_FRAMEWORKS } from './servers.ts'
import { start } from './start.ts'

const SESSION = ['Mcp-Session-Id: 0b2ca8f2-7a4e-4b0e-9c53-1d2a6a2b8f10']

describe.each(MCP_FRAMEWORKS)('sessions behind the guard for $name', (framework) => {
  it('MCP-12: the guard checks the token of every request of a session, also on the same connection', async () => {
    const server = await start(framework)
    const requests: readonly Sent[] = [
      { token: TOKENS.admin, body: PURGE },
      { body: PURGE },
      { token: TOKENS.reader, body: PURGE },
      { token: TOKENS.reader, body: LIST },
      { body: LIST },
    ]
    const texts = requests.map((sent, index) => {
      const text = writeRequest({ ...sent, lines: SESSION }).toString('latin1')
      return index === requests.length - 1 ? text : text.replace('Connection: close\r\n', '')
    })
    const statuses = (await sendInTurn(server.port, texts)).map(({ status }) => status)
    expect(statuses).toEqual([200, 401, 403, 200, 401])
    expect(server.seen).toHaveLength(2)
  })

  it.each(['POST', 'GET', 'DELETE'])(
    'MCP-12, MCP-14: the guard refuses %s with a session id and without a token',
    async (method) => {
      const server = await start(framework)
      const body = method === 'GET' ? undefined : LIST
      expect((await server.send({ method, body, lines: SESSION })).status).toBe(401)
      const resumed = { method, body, lines: [...SESSION, 'Last-Event-ID: 1'] }
      expect((await server.send(resumed)).status).toBe(401)
      expect(server.seen).toEqual([])
    },
  )

  it('MCP-14: handlers get the subject of the token of each request, so they can compare it with the owner of a session', async () => {
    const server = await start(framework)
    for (const client_id of ['service-one', 'service-two']) {
      const token = tokenWith(ALL, { claims: { sub: client_id, client_id } })
      expect((await server.send({ token, body: PURGE, lines: SESSION })).status).toBe(200)
    }
    expect(server.seen.map(({ authInfo }) => authInfo?.extra.subject.id)).toEqual([
      'service-one',
      'service-two',
    ])
  })
})
