import { memoryReplay } from '@bearward/core'
import { describe, expect, it } from 'vitest'
import {
  ADMIN,
  ALL,
  clock,
  FLOOR,
  issuer,
  METADATA_URL,
  RESOURCE,
  TOKENS,
  tokenWith,
} from './fixture.ts'
import { generateKey } from '../support/keys.ts'
import { bearerLine } from '../support/requests.ts'
import { call, LIST, modernLines, modern, PURGE, request } from './messages.ts'
import type { Sent } from './requests.ts'
import { MCP_FRAMEWORKS } from './servers.ts'
import { start } from './start.ts'

const WELL_KNOWN = '/.well-known/oauth-protected-resource/mcp'

/** Header lines with which a caller or a proxy could try to change the address of the metadata. */
const MISLEADING = [
  'X-Forwarded-Host: evil.example',
  'X-Forwarded-Proto: http',
  'Forwarded: host=evil.example;proto=http',
]

interface Refusal {
  readonly status: number
  readonly error?: string
  readonly scope?: string
}

const expired = tokenWith(ALL, { claims: { exp: clock.seconds() - 100 } })
const forged = tokenWith(ALL, { key: generateKey('ES256', issuer.keys[0]!.kid) })
const reader = TOKENS.reader

/** Requests that the guard refuses, and the values of their challenges. */
const REFUSED: readonly (readonly [what: string, refusal: Refusal, sent: Sent])[] = [
  ['no token', { status: 401, scope: FLOOR }, { body: LIST }],
  ['no token and no body', { status: 401, scope: FLOOR }, { method: 'GET' }],
  [
    'another scheme',
    { status: 401, scope: FLOOR },
    { body: LIST, lines: ['Authorization: Basic YTpi'] },
  ],
  [
    'no token after the scheme',
    { status: 400, error: 'invalid_request' },
    { body: LIST, lines: ['Authorization: Bearer'] },
  ],
  [
    'two tokens',
    { status: 400, error: 'invalid_request' },
    { body: LIST, token: reader, lines: [bearerLine(reader)] },
  ],
  [
    'an expired token',
    { status: 401, error: 'invalid_token', scope: FLOOR },
    { body: PURGE, token: expired },
  ],
  [
    'a forged token',
    { status: 401, error: 'invalid_token', scope: FLOOR },
    { body: PURGE, token: forged },
  ],
  [
    'a token without the scope of the floor',
    { status: 403, error: 'insufficient_scope', scope: FLOOR },
    { body: PURGE, token: tokenWith(ADMIN) },
  ],
  [
    'a token without the scope of a tool',
    { status: 403, error: 'insufficient_scope', scope: ALL },
    { body: PURGE, token: reader },
  ],
  [
    'a batch with a message whose scope is missing',
    { status: 403, error: 'insufficient_scope', scope: ALL },
    { body: [LIST, PURGE], token: reader },
  ],
  ['an unlisted tool', { status: 403 }, { body: call('other'), token: TOKENS.admin }],
  ['a message without a method', { status: 403 }, { body: {}, token: TOKENS.admin }],
  [
    'another origin',
    { status: 403 },
    { body: LIST, token: reader, lines: ['Origin: https://evil.example'] },
  ],
  [
    'headers that differ from the body',
    { status: 400 },
    {
      body: modern('tools/call', { name: 'purge' }),
      token: TOKENS.admin,
      lines: modernLines('tools/call', 'list'),
    },
  ],
]

describe.each(MCP_FRAMEWORKS)('challenges of the guard for $name', (framework) => {
  const dpop = { publicUrl: 'https://notes.example.com', dpop: { replay: memoryReplay({ clock }) } }

  it.each(
    REFUSED.flatMap(([what, refusal, sent]) => [
      [what, 'without DPoP', refusal, sent, {}] as const,
      [what, 'with DPoP', refusal, sent, dpop] as const,
    ]),
  )(
    'MCP-25: the parsers of the SDKs read the challenge of the guard for %s, %s',
    async (_what, _dpop, { status, error, scope }, sent, bearward) => {
      const server = await start(framework, { bearward })
      // `send` compares the results of the parsers with these values.
      const response = await server.send(sent)
      expect(response.status).toBe(status)
      expect(response.challenge('error')).toBe(error)
      expect(response.challenge('scope')).toBe(scope)
      expect(response.challenge('resource_metadata')).toBe(METADATA_URL)
      expect(server.seen).toEqual([])
    },
  )

  it('MCP-24: the address in the challenge of the guard leads to the metadata, for every Host and proxy header', async () => {
    const server = await start(framework, { servesMetadata: true })
    for (const sent of [
      { body: LIST },
      { body: LIST, lines: MISLEADING },
      { body: LIST, host: 'evil.example', lines: MISLEADING },
      { method: 'GET', host: 'evil.example:80', lines: MISLEADING },
    ]) {
      const response = await server.send(sent)
      expect(response.status).toBe(401)
      expect(response.challenge('error')).toBeUndefined()
      expect(response.challenge('scope')).toBe(FLOOR)
      expect(response.challenge('resource_metadata')).toBe(METADATA_URL)
      const { body: _body, ...more } = sent as Sent
      const document = await server.send({ ...more, method: 'GET', path: WELL_KNOWN })
      expect(document.status).toBe(200)
      expect(document.json()).toMatchObject({
        resource: RESOURCE,
        authorization_servers: [issuer.issuer],
      })
    }
    expect(server.seen).toEqual([])
  })

  it('MCP-09, MCP-23: the guard grants a token whose scope contains the scopes of the operation', async () => {
    const scopes = { supported: ['notes', FLOOR, ADMIN], implies: { notes: [FLOOR, ADMIN] } }
    const server = await start(framework, { bearward: { scopes } })
    for (const body of [LIST, PURGE, [LIST, PURGE], request('prompts/get', { name: 'unseal' })])
      expect((await server.send({ body, token: tokenWith('notes') })).status).toBe(200)
    expect(server.seen.map(({ authInfo }) => authInfo?.scopes)).toEqual(
      Array.from({ length: 4 }, () => ['notes']),
    )
    const refused = await server.send({ body: PURGE, token: reader })
    expect(refused.status).toBe(403)
    // The challenge names the required scope, and not the scope that contains it.
    expect(refused.challenge('scope')).toBe(ALL)
  })

  it('MCP-09, MCP-23: the guard refuses a token whose scopes are contained in the required scope', async () => {
    const scopes = { supported: ['notes', FLOOR, ADMIN], implies: { notes: [FLOOR, ADMIN] } }
    const server = await start(framework, { bearward: { scopes }, guard: { scope: 'notes' } })
    const refused = await server.send({ body: LIST, token: TOKENS.admin })
    expect(refused.status).toBe(403)
    expect(refused.challenge('scope')).toBe('notes')
    expect(server.seen).toEqual([])
  })

  it('MCP-10: createMcpGuard rejects offline_access in the scope of the guard and of an operation', async () => {
    for (const guard of [
      { scope: 'offline_access' },
      { scope: [FLOOR, 'offline_access'] },
      { tools: { purge: { scope: 'offline_access' } } },
      { prompts: { greet: { scope: { any: ['offline_access'] } } } },
      { resources: { 'notes://secret': { scope: 'offline_access' } } },
      { methods: { 'logging/setLevel': { scope: 'offline_access' } } },
    ]) {
      await expect(start(framework, { guard })).rejects.toThrow('offline_access')
    }
  })
})
