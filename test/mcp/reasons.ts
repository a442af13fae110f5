import type { Reason } from '@bearward/core'
import { BODY_LIMIT } from './attacks/bytes.ts'
import { FLOOR, issuer, TOKENS } from './fixture.ts'
import { call, LIST, modern, modernLines, PURGE } from './messages.ts'
import type { Sent } from './requests.ts'
import type { Differences } from './start.ts'

/** A request that is refused with a reason that only the guard of an MCP server has. */
export interface ReasonCase {
  readonly reason: Reason
  readonly status: number
  readonly sent: Sent
  readonly options?: Differences
  /** The code of an error of JSON-RPC. `undefined`: the response has the usual body of a refusal. */
  readonly code?: number
  /** Set if Fastify itself responds to the request, with the same status and without an event. */
  readonly isSentByFastify?: true
}

const admin = TOKENS.admin

/** Returns the options of a guard with API keys. */
const withKeys = (verify: () => never): Differences => ({
  guard: {
    tools: { list: {}, purge: { issuer: issuer.issuer } },
    apiKeys: { header: 'X-Api-Key', verify },
  },
})
const lines = ['X-Api-Key: a-key']

/** One request for each reason that only the guard of an MCP server has. */
export const REASON_CASES: readonly ReasonCase[] = [
  {
    reason: 'wrong_origin',
    status: 403,
    sent: { body: LIST, token: admin, lines: ['Origin: https://evil.example'] },
  },
  { reason: 'unlisted_operation', status: 403, sent: { body: call('other'), token: admin } },
  {
    reason: 'malformed_body',
    status: 400,
    sent: { body: '{', token: admin },
    code: -32_700,
    isSentByFastify: true,
  },
  {
    reason: 'body_too_large',
    status: 413,
    sent: { body: ' '.repeat(BODY_LIMIT + 1), token: admin },
    options: { guard: { bodyLimit: BODY_LIMIT } },
    isSentByFastify: true,
  },
  {
    reason: 'header_mismatch',
    status: 400,
    sent: {
      body: modern('tools/call', { name: 'purge' }),
      token: admin,
      lines: modernLines('tools/call', 'list'),
    },
    code: -32_020,
  },
  {
    reason: 'unsupported_protocol',
    status: 400,
    sent: { body: LIST, token: admin },
    options: { guard: { legacy: 'refuse' } },
    code: -32_022,
  },
  {
    reason: 'invalid_api_key',
    status: 401,
    sent: { body: LIST, lines },
    options: withKeys(() => undefined as never),
  },
  {
    reason: 'api_key_unavailable',
    status: 503,
    sent: { body: LIST, lines },
    options: withKeys(() => true as never),
  },
  {
    reason: 'api_key_not_sufficient',
    status: 403,
    sent: { body: PURGE, lines },
    options: withKeys(() => ({ scopes: [FLOOR] }) as never),
  },
]
