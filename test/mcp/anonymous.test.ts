import { describe, expect, it } from 'vitest'
import { BODY_LIMIT } from './attacks/bytes.ts'
import { clock, FLOOR, METADATA_URL, TOKENS, tokenWith } from './fixture.ts'
import { call, modern, MODERN_LINE, modernLines, PURGE, request } from './messages.ts'
import type { Sent } from './requests.ts'
import { MCP_FRAMEWORKS } from './servers.ts'
import { start } from './start.ts'

const TOOLS = request('tools/list')
const DISCOVER = modern('server/discover')
const guard = {
  methods: { 'tools/list': 'anonymous', 'server/discover': 'anonymous' },
  bodyLimit: BODY_LIMIT,
} as const

/** Requests without a token that use something other than an anonymous method. */
const NOT_ANONYMOUS: readonly (readonly [what: string, sent: Sent])[] = [
  ['a call of a tool for all callers', { body: call('list') }],
  ['a call of purge', { body: PURGE }],
  [
    'a call of purge with the header of tools/list',
    { body: PURGE, lines: ['Mcp-Method: tools/list'] },
  ],
  ['a batch that ends with a call', { body: [TOOLS, call('list')] }],
  ['a batch that begins with a call', { body: [call('list'), TOOLS] }],
  ['a batch with a notification', { body: [TOOLS, request('notifications/initialized')] }],
  ['a batch with a response', { body: [TOOLS, { jsonrpc: '2.0', id: 1, result: {} }] }],
  ['a batch with null', { body: [TOOLS, null] }],
  ['a batch in a batch', { body: [[TOOLS]] }],
  ['an empty batch', { body: [] }],
  ['a response', { body: { jsonrpc: '2.0', id: 1, result: {} } }],
  ['another method', { body: request('prompts/list') }],
  ['a method in another case', { body: request('Tools/List') }],
  ['a method with a space', { body: request('tools/list ') }],
  ['a method that is an array', { body: request(['tools/list']) }],
  ['a message without a method', { body: {} }],
  ['an inherited method', { body: request('constructor') }],
  ['a method that is replaced', { body: `{"method":"tools/list","method":"tools/call"}` }],
  ['GET', { method: 'GET' }],
  ['DELETE', { method: 'DELETE' }],
  ['OPTIONS', { method: 'OPTIONS' }],
]

/** Bodies of requests without a token. Fastify itself refuses these bodies before the guard. */
const UNREADABLE: readonly (readonly [what: string, status: number, sent: Sent])[] = [
  ['a body that is not JSON', 400, { body: '{' }],
  ['an empty body', 400, { body: '' }],
  ['a body over the limit', 413, { body: ' '.repeat(BODY_LIMIT + 1) }],
  ['a body over the limit in chunks', 413, { body: ' '.repeat(BODY_LIMIT + 1), isChunked: true }],
]

describe.each(MCP_FRAMEWORKS)('anonymous methods at the guard for $name', (framework) => {
  it('MCP-29: the guard grants anonymous methods without a token, and passes on the parsed body', async () => {
    const server = await start(framework, { guard })
    const bodies = [TOOLS, DISCOVER, [TOOLS, DISCOVER], { jsonrpc: '2.0', method: 'tools/list' }]
    for (const body of bodies) expect((await server.send({ body })).status).toBe(200)
    expect(server.seen).toEqual(bodies.map((parsedBody) => ({ authInfo: undefined, parsedBody })))
    expect(server.events).toEqual([])
  })

  it('MCP-29: the guard passes on the caller of an anonymous method if the request has a token', async () => {
    const server = await start(framework, { guard })
    expect((await server.send({ body: TOOLS, token: TOKENS.reader })).status).toBe(200)
    expect(server.seen[0]!.authInfo?.scopes).toEqual([FLOOR])
  })

  it.each([
    ['an expired token', 401, tokenWith(FLOOR, { claims: { exp: clock.seconds() - 100 } })],
    [
      'a token for another audience',
      401,
      tokenWith(FLOOR, { claims: { aud: 'https://other.example.com' } }),
    ],
    ['a token without the scope of the floor', 403, tokenWith('other')],
    ['a text that is not a token', 401, 'not-a-token'],
  ] as const)(
    'MCP-29: the guard refuses an anonymous method with %s',
    async (_what, status, token) => {
      const server = await start(framework, { guard })
      for (const body of [TOOLS, DISCOVER, [TOOLS, DISCOVER]])
        expect((await server.send({ body, token })).status).toBe(status)
      expect(server.seen).toEqual([])
    },
  )

  it.each(NOT_ANONYMOUS)(
    'MCP-29: the guard responds with 401 to %s without a token',
    async (_what, sent) => {
      const server = await start(framework, { guard })
      const response = await server.send(sent)
      expect(response.status).toBe(401)
      expect(response.challenge('error')).toBeUndefined()
      expect(response.challenge('scope')).toBe(FLOOR)
      expect(response.challenge('resource_metadata')).toBe(METADATA_URL)
      expect(server.takeReasons()).toEqual(['no_credentials'])
      expect(server.seen).toEqual([])
    },
  )

  it.each(UNREADABLE)(
    'MCP-29: the guard does not pass on %s without a token',
    async (_what, status, sent) => {
      const server = await start(framework, { guard })
      const response = await server.send(sent)
      expect(response.status).toBe(framework.readsBodies === true ? status : 401)
      expect(server.seen).toEqual([])
    },
  )

  it.each([
    [
      'a modern call of purge with the headers of tools/list',
      modern('tools/call', { name: 'purge' }),
      modernLines('tools/list'),
    ],
    [
      'a legacy call of purge with the modern headers of tools/list',
      PURGE,
      modernLines('tools/list'),
    ],
    [
      'a modern request for tools with the header of a call',
      modern('tools/list'),
      [MODERN_LINE, 'Mcp-Method: tools/call'],
    ],
    ['a legacy request for tools with the header of a call', TOOLS, ['Mcp-Method: tools/call']],
  ])('MCP-29: the guard responds with 400 to %s without a token', async (_what, body, lines) => {
    const server = await start(framework, { guard })
    const response = await server.send({ body, lines })
    expect(response.status).toBe(400)
    expect(response.json()).toMatchObject({ error: { code: -32_020 } })
    expect(server.seen).toEqual([])
  })

  it('MCP-29: the guard checks the origin of an anonymous method', async () => {
    const server = await start(framework, { guard })
    const response = await server.send({ body: TOOLS, lines: ['Origin: https://evil.example'] })
    expect(response.status).toBe(403)
    expect(server.seen).toEqual([])
  })

  it('MCP-29: the guard refuses an anonymous method with a bad API key', async () => {
    const apiKeys = { header: 'X-Api-Key', verify: () => undefined }
    const server = await start(framework, { guard: { ...guard, apiKeys } })
    expect((await server.send({ body: TOOLS, lines: ['X-Api-Key: unknown'] })).status).toBe(401)
    expect((await server.send({ body: TOOLS })).status).toBe(200)
    expect(server.seen).toHaveLength(1)
  })

  it.each([
    'tools/call',
    'prompts/get',
    'resources/read',
    'resources/subscribe',
    'resources/unsubscribe',
    'completion/complete',
    'subscriptions/listen',
  ])(
    'MCP-29: createMcpGuard rejects anonymous for the method %s, whose operations have names',
    async (method) => {
      const methods = { [method]: 'anonymous' } as const
      await expect(start(framework, { guard: { methods } })).rejects.toThrow('anonymous')
    },
  )
})
