import { fc } from '../support/property.ts'
import { CAFE } from './fixture.ts'
import { LEGACY, MODERN } from './messages.ts'

/** Texts that have a meaning for servers or for the guard, and some that look like them. */
const METHODS = [
  'tools/call',
  'prompts/get',
  'resources/read',
  'resources/subscribe',
  'completion/complete',
  'subscriptions/listen',
  'tools/list',
  'logging/setLevel',
  'initialize',
  'Tools/Call',
]
const NAMES = [
  'list',
  'purge',
  'search',
  'greet',
  'unseal',
  'other',
  'Purge',
  'purge ',
  '__proto__',
  CAFE,
]
const URIS = [
  'notes://public',
  'notes://secret',
  'NOTES://secret',
  'notes://secret ',
  'notes://other',
  'https://notes.example.com/secret',
  'https://notes.example.com:443/a/../secret',
]

const member = (...names: readonly string[]) => fc.constantFrom(...names)
const text = (...values: readonly string[]) =>
  fc.constantFrom(...values).map((value) => JSON.stringify(value))

/** A value of the wrong type. */
const odd = fc.constantFrom(
  'null',
  '5',
  'true',
  '[]',
  '{}',
  '""',
  '["purge"]',
  '{"toString":"purge"}',
)

/** Returns JSON texts of objects. A member can occur twice, and its name can be escaped. */
function object(members: Readonly<Record<string, fc.Arbitrary<string>>>): fc.Arbitrary<string> {
  const entries = Object.entries(members).map(([name, value]) =>
    fc.tuple(member(JSON.stringify(name), JSON.stringify(name), escape(name)), value),
  )
  return fc
    .tuple(
      fc.tuple(...entries.map((entry) => fc.option(entry, { freq: 8 }))),
      fc.array(fc.oneof(...entries), { maxLength: 2 }),
    )
    .map(([first, more]) => {
      const all = [...first, ...more].filter((entry) => entry !== null)
      return `{${all.map(([name, value]) => `${name}:${value}`).join(',')}}`
    })
}

/** Writes the first letter of a name as an escape. */
function escape(name: string): string {
  return `"\\u${name.charCodeAt(0).toString(16).padStart(4, '0')}${name.slice(1)}"`
}

const name = fc.oneof({ weight: 9, arbitrary: text(...NAMES) }, { weight: 1, arbitrary: odd })
const uri = fc.oneof({ weight: 9, arbitrary: text(...URIS) }, { weight: 1, arbitrary: odd })
const id = fc.nat().map(String)
const envelope = fc.constantFrom(
  '{}',
  '{}',
  `{"io.modelcontextprotocol/protocolVersion":"${MODERN}"}`,
  `{"io.modelcontextprotocol/protocolVersion":"${MODERN}","io.modelcontextprotocol/clientCapabilities":{}}`,
)

const params = fc.oneof(
  {
    weight: 9,
    arbitrary: object({
      name,
      uri,
      ref: object({ type: text('ref/prompt', 'ref/resource', 'ref/tool'), name, uri }),
      notifications: object({
        resourceSubscriptions: fc.array(uri, { maxLength: 3 }).map((all) => `[${all.join(',')}]`),
      }),
      _meta: envelope,
    }),
  },
  { weight: 1, arbitrary: odd },
)

/** A message without a mistake. */
const usual = fc
  .record({
    id: fc.nat(),
    method: member('tools/call', 'prompts/get', 'resources/read'),
    name: member('list', 'purge', 'greet', 'unseal', 'other'),
    uri: member(...URIS),
  })
  .map(({ id: own, method, name: named, uri: address }) =>
    JSON.stringify({ jsonrpc: '2.0', id: own, method, params: { name: named, uri: address } }),
  )

const message = fc.oneof(
  { weight: 5, arbitrary: usual },
  {
    weight: 12,
    arbitrary: object({
      jsonrpc: text('2.0'),
      id,
      method: fc.oneof({ weight: 9, arbitrary: text(...METHODS) }, { weight: 1, arbitrary: odd }),
      params,
    }),
  },
  { weight: 1, arbitrary: object({ id, result: params, method: odd }) },
  { weight: 1, arbitrary: odd },
)

/** Texts of bodies: one message, a batch, a batch in a batch, and texts that are not JSON. */
export const bodies: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: message },
  {
    weight: 4,
    arbitrary: fc.array(message, { maxLength: 4 }).map((all) => `[${all.join(',')}]`),
  },
  {
    weight: 1,
    arbitrary: fc.array(message, { maxLength: 2 }).map((all) => `[[${all.join(',')}]]`),
  },
  { weight: 1, arbitrary: message.map((one) => one.slice(0, -1)) },
)

/** Lines with headers of the protocol. */
export const headerLines: fc.Arbitrary<readonly string[]> = fc
  .record({
    version: fc.option(member(MODERN, LEGACY, 'zzz')),
    method: fc.option(member(...METHODS)),
    name: fc.option(
      member('list', 'purge', 'notes://secret', '=?base64?cHVyZ2U=?=', '=?base64?!?='),
    ),
    other: fc.option(member('list', 'purge'), { freq: 1 }),
  })
  .map(({ version, method, name: named, other }) => [
    ...(version === null ? [] : [`MCP-Protocol-Version: ${version}`]),
    ...(method === null ? [] : [`Mcp-Method: ${method}`]),
    ...(named === null ? [] : [`Mcp-Name: ${named}`]),
    ...(other === null ? [] : [`Mcp-Name: ${other}`]),
  ])
