/**
 * Common mistakes with requests to MCP servers. For each mistake, the event and the log line contain the failed check, the found
 * value and the advice.
 */
import type { BearwardEvent } from '@bearward/core'
import { createBearward } from '@bearward/fetch'
import { createMcpGuard, type McpGuardOptions } from '@bearward/mcp'
import { describe, expect, it } from 'vitest'
import { ADVISOR } from '../../packages/core/src/advice/advisor.ts'
import { toLogLine } from '../../packages/core/src/log/log-line.ts'
import { ADVICE } from '../../packages/mcp/src/rejections.ts'
import { closing } from '../support/closing.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { createTestIssuer, ISSUER } from '../support/issuer.ts'

interface Mistake {
  /** Options of the guard besides the scope and the tools. */
  readonly guard?: Partial<McpGuardOptions<Request>>
  /** Headers besides `Authorization` with a valid token. `''` removes a header. */
  readonly headers?: Readonly<Record<string, string>>
  /** @default 'POST' */
  readonly method?: string
  /** The text of the body. By default, it is a call of a listed tool. */
  readonly body?: string
  readonly status: number
  readonly reason: string
  readonly found: string
  /** The beginning of the advice. */
  readonly advice: string
}

const RESOURCE = 'https://mcp.example.com/mcp'
const clock = fakeClock()
const issuer = createTestIssuer({ audience: RESOURCE, now: clock.seconds })
const OWNER = { subject: { kind: 'machine', id: 'printer' }, scopes: ['read'] } as const

const call = (name: unknown) =>
  JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name } })
const withKeys = (
  verify: NonNullable<McpGuardOptions<Request>['apiKeys']>['verify'],
  key = 'a-key',
) => ({
  guard: { apiKeys: { header: 'x-api-key', verify } },
  headers: { authorization: '', 'x-api-key': key },
})
const modern = { 'mcp-protocol-version': '2026-07-28' }

const MISTAKES: Readonly<Record<string, Mistake>> = {
  'a text that is not JSON': {
    body: 'name=search',
    status: 400,
    reason: 'malformed_body',
    found: 'a text that is not JSON',
    advice: 'In the client: send one JSON text in UTF-8',
  },
  'a compressed body': {
    headers: { 'content-encoding': 'gzip' },
    body: '\u001F\u008B',
    status: 400,
    reason: 'malformed_body',
    found: 'a text that is not JSON',
    advice: 'In the client: send one JSON text in UTF-8 as the body of the request, without',
  },
  'a DELETE with a body': {
    method: 'DELETE',
    status: 400,
    reason: 'malformed_body',
    found: 'a body',
    advice: 'In the client: send no body with GET, HEAD, DELETE and OPTIONS.',
  },
  'a proxy that writes Mcp-Name': {
    headers: { ...modern, 'mcp-method': 'tools/call', 'mcp-name': 'purge' },
    status: 400,
    reason: 'header_mismatch',
    found: 'a different name',
    advice: 'In the client or a proxy: write the method of the body into the header Mcp-Method',
  },
  'an old client of a server for version 2026-07-28 only': {
    guard: { legacy: 'refuse' },
    status: 400,
    reason: 'unsupported_protocol',
    found: 'an older request or a batch',
    advice: 'In the client: use a newer version of the protocol.',
  },
  'a body above the limit': {
    guard: { bodyLimit: 100 },
    body: call('x'.repeat(100)),
    status: 413,
    reason: 'body_too_large',
    found: 'more',
    advice: 'In the client: send a smaller body.',
  },
  'an API key that was removed': {
    ...withKeys(() => undefined),
    status: 401,
    reason: 'invalid_api_key',
    found: 'an unknown key',
    advice: 'In the client: use a valid API key.',
  },
  'an API key that has expired': {
    ...withKeys(() => ({ ...OWNER, expiresAt: clock.seconds() })),
    status: 401,
    reason: 'invalid_api_key',
    found: 'an expired key',
    advice: 'In the client: use a valid API key.',
  },
  'an API key and the requirement maxAuthAge': {
    guard: { ...withKeys(() => OWNER).guard, maxAuthAge: 300 },
    headers: withKeys(() => OWNER).headers,
    status: 403,
    reason: 'api_key_not_sufficient',
    found: 'an API key',
    advice: 'In the client: use an access token.',
  },
  'an API key in addition to a token': {
    guard: withKeys(() => OWNER).guard,
    headers: { 'x-api-key': 'a-key' },
    status: 400,
    reason: 'multiple_credentials',
    found: 'an API key and other credentials',
    advice: 'In the client or a proxy: send one header with credentials.',
  },
  'apiKeys.verify and a database that is down': {
    ...withKeys(() => Promise.reject(Object.assign(new Error(), { code: 'ECONNREFUSED' }))),
    status: 503,
    reason: 'api_key_unavailable',
    found: 'an error (ECONNREFUSED)',
    advice: 'In your code: make apiKeys.verify return an owner or undefined within one second.',
  },
  'apiKeys.verify that returns true': {
    ...withKeys((() => true) as never),
    status: 503,
    reason: 'api_key_unavailable',
    found: 'a wrong result: it must be an object, not a boolean',
    advice: 'In your code: make apiKeys.verify return an owner or undefined within one second.',
  },
  'a page of an origin that is not in origins': {
    headers: { origin: 'https://app.example.com' },
    status: 403,
    reason: 'wrong_origin',
    found: 'an origin that is not allowed',
    advice: 'In the options of the guard: if pages of this origin may call this server, add the',
  },
  'a tool that was added to the server, but not to the options': {
    body: call('export'),
    status: 403,
    reason: 'unlisted_operation',
    found: 'a tool that is not listed',
    advice: 'In the options of the guard: if callers may use this operation, list it in tools',
  },
  'a call without the name of the tool': {
    body: call(undefined),
    status: 403,
    reason: 'unlisted_operation',
    found: 'an operation that cannot be read',
    advice: 'In the client: send JSON-RPC messages with a method, and with the name or the URI',
  },
}

/** Advice of the events in the tests below. The last test reads this set, so it passes only if all these tests run. */
const shown = new Set<string>()

/** Sends the request of a mistake. Returns the status, and the event about the refusal. */
async function refuse({ guard, headers, method = 'POST', body = call('search') }: Mistake) {
  const events: BearwardEvent[] = []
  const bearward = createBearward({
    issuer: ISSUER,
    resource: RESOURCE,
    jwks: issuer.jwks,
    clock,
    onEvent: (event) => events.push(event),
  })
  closing(bearward)
  const mcp = createMcpGuard(bearward, { scope: 'read', tools: { search: {} }, ...guard })
  const handle = mcp.protect(() => new Response('in'))
  const all = {
    'content-type': 'application/json',
    authorization: `Bearer ${issuer.token()}`,
    ...headers,
  }
  const sent = Object.entries(all).filter(([, value]) => value !== '')
  const { status } = await handle(new Request(RESOURCE, { method, headers: sent, body }))
  const refused = events.filter((event) => event.type === 'refused')
  expect(refused).toHaveLength(1)
  return { status, event: refused[0]! }
}

describe('refused requests to MCP servers', () => {
  it.each(Object.entries(MISTAKES))(
    'the event and the log line of an MCP guard explain the refusal: %s',
    async (_mistake, mistake) => {
      const { status, event } = await refuse(mistake)
      const { reason, found, advice } = mistake
      expect(status).toBe(mistake.status)
      expect(event).toMatchObject({ reason, found, status })
      expect(event.advice.startsWith(advice), event.advice).toBe(true)
      shown.add(event.advice)
      const line = toLogLine(event, ADVISOR)!
      expect(line.level).toBe(status === 503 ? 'warn' : 'info')
      expect(line.text).toContain(
        `[bearward] refused ${status} ${reason}: ${event.check}: expected `,
      )
      expect(line.text).toContain(`found ${found}. ${event.advice} (`)
    },
  )

  it('the text of found in an event of an MCP guard does not begin with "another", "something" or "other"', () => {
    for (const { found } of Object.values(MISTAKES))
      expect(found).not.toMatch(/^(?:another|something|other)\b/)
  })

  it('the requests of this file lead to each piece of advice about operations and API keys', () => {
    const all = Object.values(ADVICE)
      .flat()
      .map((row) => (typeof row === 'string' ? row : row.advice))
    expect(all.length).toBeGreaterThan(9)
    expect(all.filter((advice) => !shown.has(advice))).toEqual([])
  })
})
