import type { McpGuardOptions } from '@bearward/mcp'
import { ProtocolError, UnsupportedProtocolVersionError } from '@modelcontextprotocol/client'
import { describe, expect, it } from 'vitest'
import { ADMIN, ALL, FLOOR, TOKENS } from './fixture.ts'
import { call, LIST, modern, MODERN_LINE, modernLines, PURGE, request } from './messages.ts'
import { getId, type Sent } from './requests.ts'
import { MCP_FRAMEWORKS } from './servers.ts'
import { start } from './start.ts'

const OTHER_TOOL = call('other')
const OTHER_PROMPT = request('prompts/get', { name: 'other' })
const OTHER_RESOURCE = request('resources/read', { uri: 'notes://other' })

const tools = { purge: { scope: ADMIN } }
const prompts = { unseal: { scope: ADMIN } }

/** Options of a guard. For each kind of operation, `allowed` is `true` if the guard grants an operation without a rule. */
const UNLISTED: readonly (readonly [
  what: string,
  guard: Partial<McpGuardOptions>,
  allowed: { readonly tool: boolean; readonly prompt: boolean; readonly resource: boolean },
])[] = [
  ['no tables', {}, { tool: true, prompt: true, resource: true }],
  ['tools', { tools }, { tool: false, prompt: false, resource: false }],
  ['empty tools', { tools: {} }, { tool: false, prompt: false, resource: false }],
  ['prompts', { prompts }, { tool: false, prompt: false, resource: false }],
  [
    'resources',
    { resources: { 'notes://public': {} } },
    { tool: false, prompt: false, resource: false },
  ],
  ['methods', { methods: { 'tools/list': {} } }, { tool: true, prompt: true, resource: true }],
  ['tools and floor', { tools, unlisted: 'floor' }, { tool: true, prompt: true, resource: true }],
  ['refuse', { unlisted: 'refuse' }, { tool: false, prompt: false, resource: false }],
  [
    'tools and floor for prompts',
    { tools, unlisted: { prompts: 'floor' } },
    { tool: false, prompt: true, resource: false },
  ],
  [
    'tools and floor for tools',
    { tools, unlisted: { tools: 'floor' } },
    { tool: true, prompt: false, resource: false },
  ],
  [
    'no tables and refuse for resources',
    { unlisted: { resources: 'refuse' } },
    { tool: true, prompt: true, resource: false },
  ],
]

const NO_TABLES = { tools: undefined, prompts: undefined, resources: undefined, methods: undefined }

/** Requests of older versions, and others that are not of the current version. */
const LEGACY: readonly (readonly [what: string, sent: Sent])[] = [
  ['a legacy call', { body: LIST }],
  ['a legacy call with a modern version', { body: LIST, lines: modernLines('tools/call', 'list') }],
  ['initialize', { body: request('initialize', { protocolVersion: '2025-11-25' }) }],
  ['a legacy notification', { body: { jsonrpc: '2.0', method: 'notifications/initialized' } }],
  ['a response', { body: { jsonrpc: '2.0', id: 1, result: {} } }],
  ['a batch of modern calls', { body: [modern('tools/call', { name: 'list' })] }],
  ['an empty batch', { body: [] }],
  ['a message with an empty _meta', { body: request('tools/call', { name: 'list', _meta: {} }) }],
  [
    'a message whose _meta is an array',
    { body: request('tools/call', { name: 'list', _meta: [] }) },
  ],
  ['null', { body: 'null' }],
]

describe.each(MCP_FRAMEWORKS)('options of the guard for $name', (framework) => {
  it.each(UNLISTED)(
    'MCP-21: the guard with %s grants an operation without a rule only if unlisted is floor for this kind of operation',
    async (_what, guard, allowed) => {
      const server = await start(framework, { guard: { ...NO_TABLES, ...guard } })
      for (const [body, isAllowed] of [
        [OTHER_TOOL, allowed.tool],
        [OTHER_PROMPT, allowed.prompt],
        [OTHER_RESOURCE, allowed.resource],
        [request('resources/list'), true],
        [[OTHER_TOOL, OTHER_PROMPT], allowed.tool && allowed.prompt],
        [[OTHER_PROMPT, OTHER_RESOURCE], allowed.prompt && allowed.resource],
      ] as const) {
        const response = await server.send({ body, token: TOKENS.admin })
        expect(response.status).toBe(isAllowed ? 200 : 403)
        // With insufficient_scope, clients would request more scopes, which changes nothing.
        expect(response.challenge('error')).toBeUndefined()
        expect(response.challenge('scope')).toBeUndefined()
      }
      expect(new Set(server.takeReasons())).toEqual(
        new Set(Object.values(allowed).includes(false) ? ['unlisted_operation'] : []),
      )
    },
  )

  it('the guard applies the rule of a method in addition to the rule of a tool', async () => {
    const methods = { 'tools/call': { scope: 'notes:call' } }
    const server = await start(framework, { guard: { methods } })
    const refused = await server.send({ body: PURGE, token: TOKENS.admin })
    expect(refused.status).toBe(403)
    expect(refused.challenge('scope')?.split(' ').sort()).toEqual(
      [FLOOR, ADMIN, 'notes:call'].sort(),
    )
    expect((await server.send({ body: LIST, token: TOKENS.admin })).challenge('scope')).toBe(
      `${FLOOR} notes:call`,
    )
    expect(server.seen).toEqual([])
  })

  it('MCP-22: the rules of tools with the names of members of Object.prototype apply only to these tools', async () => {
    const named = JSON.parse(
      `{"__proto__":{"scope":"${ADMIN}"},"constructor":{"scope":"${ADMIN}"},"list":{}}`,
    ) as McpGuardOptions['tools']
    const server = await start(framework, { guard: { tools: named } })
    for (const name of ['__proto__', 'constructor']) {
      expect((await server.send({ body: call(name), token: TOKENS.reader })).status).toBe(403)
      expect((await server.send({ body: call(name), token: TOKENS.admin })).status).toBe(200)
    }
    expect((await server.send({ body: call('toString'), token: TOKENS.admin })).status).toBe(403)
    expect((await server.send({ body: LIST, token: TOKENS.reader })).status).toBe(200)
  })

  it.each(LEGACY)(
    'MCP-17: the guard with legacy: refuse responds with 400 and the supported version to %s',
    async (_what, sent) => {
      const server = await start(framework, { guard: { legacy: 'refuse' } })
      const response = await server.send({ ...sent, token: TOKENS.admin })
      expect(response.status).toBe(400)
      expect(response.json()).toEqual({
        jsonrpc: '2.0',
        // A batch and a notification have no id.
        id: getId(sent.body),
        error: {
          code: -32_022,
          message: 'Unsupported protocol version',
          data: { supported: ['2026-07-28'], requested: 'unknown' },
        },
      })
      expect(server.seen).toEqual([])
    },
  )

  it.each([
    ['2025-11-25', '2025-11-25'],
    ['2024-11-05', '2024-11-05'],
    ['2025-11-26', 'unknown'],
    ['<b>', 'unknown'],
  ])(
    'MCP-17: the guard with legacy: refuse responds to the header MCP-Protocol-Version: %s with data.requested: %s',
    async (version, requested) => {
      const server = await start(framework, { guard: { legacy: 'refuse' } })
      const lines = [`MCP-Protocol-Version: ${version}`]
      const response = await server.send({ body: LIST, lines, token: TOKENS.admin })
      const error = (response.json() as { error: { code: number; data: object } }).error
      expect(error).toMatchObject({
        code: -32_022,
        data: { supported: ['2026-07-28'], requested },
      })
      expect(ProtocolError.fromError(error.code, '', error.data)).toBeInstanceOf(
        UnsupportedProtocolVersionError,
      )
    },
  )

  it('MCP-17: the guard with legacy: refuse grants modern requests, and checks the token first', async () => {
    const server = await start(framework, { guard: { legacy: 'refuse' } })
    const body = modern('tools/call', { name: 'purge' })
    const lines = modernLines('tools/call', 'purge')
    expect((await server.send({ body, lines, token: TOKENS.admin })).status).toBe(200)
    const refused = await server.send({ body, lines, token: TOKENS.reader })
    expect(refused.status).toBe(403)
    expect(refused.challenge('scope')).toBe(ALL)
    expect((await server.send({ body: LIST })).status).toBe(401)
    expect((await server.send({ method: 'GET', token: TOKENS.reader })).status).toBe(200)
    const mismatch = await server.send({
      body,
      lines: [MODERN_LINE, 'Mcp-Name: list'],
      token: TOKENS.admin,
    })
    expect(mismatch.json()).toMatchObject({ error: { code: -32_020 } })
    expect(server.seen).toHaveLength(2)
  })
})
