import { ADMIN, CAFE } from '../fixture.ts'
import {
  call,
  LEGACY_LINE,
  LIST,
  modern,
  MODERN_LINE,
  modernLines,
  PURGE,
  request,
} from '../messages.ts'
import { type Attack, attacksFor } from './attack.ts'

const mismatch = attacksFor('MCP-16')
const legacy = attacksFor('MCP-17')
const encoded = attacksFor('MCP-19')

const modernPurge = modern('tools/call', { name: 'purge', arguments: {} })
const modernList = modern('tools/call', { name: 'list', arguments: {} })
const modernTools = modern('tools/list')

const named = (name: string) => ({ lines: modernLines('tools/call', name) })
const withLines = (...lines: readonly string[]) => ({ lines })
const base64 = (text: string | Uint8Array) => Buffer.from(text).toString('base64')
const sentinel = (payload: string) => named(`=?base64?${payload}?=`)

/** Requests of the current version whose headers and bodies can name different operations. */
const modernRequests: readonly Attack[] = [
  mismatch('a modern call of purge with its headers', 'admin', modernPurge, named('purge')),
  mismatch('a modern call of list with its headers', 'floor', modernList, named('list')),
  mismatch('a modern call of purge with Mcp-Name: list', 'mismatch', modernPurge, named('list')),
  mismatch('a modern call of list with Mcp-Name: purge', 'mismatch', modernList, named('purge')),
  mismatch('a modern call of purge with an empty Mcp-Name', 'mismatch', modernPurge, named('')),
  mismatch('a modern call of purge without Mcp-Name', 'admin', modernPurge, {
    lines: modernLines('tools/call'),
  }),
  mismatch('a modern call of purge without headers of the protocol', 'admin', modernPurge),
  mismatch(
    'a modern call of purge with Mcp-Method: tools/list',
    'mismatch',
    modernPurge,
    withLines(MODERN_LINE, 'Mcp-Method: tools/list'),
  ),
  mismatch(
    'a modern call of purge with Mcp-Method: tools/list and Mcp-Name: purge',
    'mismatch',
    modernPurge,
    { lines: modernLines('tools/list', 'purge') },
  ),
  mismatch(
    'a modern call of purge with Mcp-Method in another case',
    'mismatch',
    modernPurge,
    withLines(MODERN_LINE, 'Mcp-Method: Tools/Call', 'Mcp-Name: purge'),
  ),
  mismatch(
    'a modern call of purge with Mcp-Name in another case',
    'mismatch',
    modernPurge,
    named('Purge'),
  ),
  mismatch(
    'a modern call of purge with the headers of another version',
    'mismatch',
    modernPurge,
    withLines(LEGACY_LINE, 'Mcp-Method: tools/call', 'Mcp-Name: list'),
  ),
  mismatch(
    'a modern request for the list of tools with Mcp-Method: tools/call',
    'mismatch',
    modernTools,
    withLines(MODERN_LINE, 'Mcp-Method: tools/call'),
  ),
  mismatch(
    'a modern use of a prompt that needs admins, with the Mcp-Name of another prompt',
    'mismatch',
    modern('prompts/get', { name: 'unseal' }),
    { lines: modernLines('prompts/get', 'greet') },
  ),
  mismatch(
    'a modern read of notes://secret with the Mcp-Name of another resource',
    'mismatch',
    modern('resources/read', { uri: 'notes://secret' }),
    { lines: modernLines('resources/read', 'notes://public') },
  ),
  mismatch(
    'a modern read of notes://secret with Mcp-Name in another spelling',
    'mismatch',
    modern('resources/read', { uri: 'notes://secret' }),
    { lines: modernLines('resources/read', 'NOTES://secret') },
  ),
  mismatch(
    'a modern task with the Mcp-Name of another task',
    'mismatch',
    modern('tasks/get', { taskId: 'one' }),
    { lines: modernLines('tasks/get', 'two') },
  ),
  mismatch(
    'a body that is not a message, with the headers of a modern call',
    'mismatch',
    '5',
    named('list'),
  ),
  mismatch(
    'a response with the headers of a modern call',
    'mismatch',
    { jsonrpc: '2.0', id: 1, result: {} },
    named('purge'),
  ),
  mismatch(
    'a modern completion for a prompt that needs admins, with the Mcp-Name of another prompt',
    'admin',
    modern('completion/complete', { ref: { type: 'ref/prompt', name: 'unseal' } }),
    { lines: modernLines('completion/complete', 'greet') },
  ),
  // A raw header value is decoded as Latin-1, in which the last letter of `CAFE` is one byte.
  mismatch(
    'a modern call whose name is sent as Latin-1',
    'admin',
    modern('tools/call', { name: CAFE }),
    named(CAFE),
  ),
]

/** Requests of older versions. A server ignores their headers. */
const legacyRequests: readonly Attack[] = [
  legacy('a legacy call of purge with Mcp-Name: list', { lateMismatch: 'admin' }, PURGE, {
    lines: ['Mcp-Name: list'],
  }),
  legacy('a legacy call of purge with the headers of list', { lateMismatch: 'admin' }, PURGE, {
    lines: ['Mcp-Method: tools/call', 'Mcp-Name: list'],
  }),
  legacy('a legacy call of purge with Mcp-Method: tools/list', { lateMismatch: 'admin' }, PURGE, {
    lines: ['Mcp-Method: tools/list'],
  }),
  legacy(
    'a legacy call of purge with an older version and Mcp-Name: list',
    { lateMismatch: 'admin' },
    PURGE,
    { lines: [LEGACY_LINE, 'Mcp-Name: list'] },
  ),
  legacy(
    'a legacy call of purge with a modern version and the headers of list',
    'mismatch',
    PURGE,
    {
      lines: modernLines('tools/call', 'list'),
    },
  ),
  legacy('a legacy call of purge with a version that is not a date', 'mismatch', PURGE, {
    lines: ['MCP-Protocol-Version: zzz', 'Mcp-Name: list'],
  }),
  legacy('a legacy call of purge with its own headers', 'admin', PURGE, {
    lines: ['Mcp-Method: tools/call', 'Mcp-Name: purge'],
  }),
  legacy('a legacy call of purge without headers', 'admin', PURGE),
  legacy('a legacy call of list with Mcp-Name: purge', { lateMismatch: 'floor' }, LIST, {
    lines: ['Mcp-Name: purge'],
  }),
  legacy(
    'a legacy call of an unlisted tool with Mcp-Name: list',
    { lateMismatch: 'unlisted' },
    call('other'),
    { lines: ['Mcp-Name: list'] },
  ),
  legacy('a change of the log level with Mcp-Name: list', 'admin', request('logging/setLevel'), {
    lines: ['Mcp-Name: list'],
  }),
  legacy(
    'a batch of list and purge with Mcp-Name: list',
    { lateMismatch: 'admin' },
    [LIST, PURGE],
    { lines: ['Mcp-Name: list'] },
  ),
  legacy(
    'a legacy call of purge with headers that are not headers of the protocol',
    'admin',
    PURGE,
    {
      lines: ['X-Mcp-Name: list', 'Mcp_Name: list', 'Mcp-Tool: list', `X-Scope: ${ADMIN}`],
    },
  ),
]

/** Forms of `Mcp-Name`. */
const sentinels: readonly Attack[] = [
  encoded('Mcp-Name with the base64 of purge', 'admin', modernPurge, sentinel(base64('purge'))),
  encoded('Mcp-Name with the base64 of list', 'mismatch', modernPurge, sentinel(base64('list'))),
  encoded('Mcp-Name with base64 without padding', 'mismatch', modernPurge, sentinel('cHVyZ2U')),
  encoded('Mcp-Name with too much padding', 'mismatch', modernPurge, sentinel('cHVyZ2U==')),
  encoded('Mcp-Name with unused bits', 'mismatch', modernPurge, sentinel('cHVyZ2V=')),
  encoded('Mcp-Name with a space in base64', 'mismatch', modernPurge, sentinel('cHVy Z2U=')),
  encoded('Mcp-Name with a tab in base64', 'mismatch', modernPurge, sentinel('cHVy\tZ2U=')),
  encoded('Mcp-Name with a space before base64', 'mismatch', modernPurge, sentinel(' cHVyZ2U=')),
  encoded('Mcp-Name with empty base64', 'mismatch', modernPurge, sentinel('')),
  encoded('Mcp-Name whose beginning and end overlap', 'mismatch', modernPurge, named('=?base64?=')),
  encoded(
    'Mcp-Name with base64 of bytes that are not UTF-8',
    'mismatch',
    modernPurge,
    sentinel(base64(Uint8Array.of(0xff))),
  ),
  encoded(
    'Mcp-Name with base64 of UTF-16',
    'mismatch',
    modernPurge,
    sentinel(base64(Buffer.from('purge', 'utf16le'))),
  ),
  encoded(
    'Mcp-Name with base64 of a byte order mark and purge',
    'mismatch',
    modernPurge,
    sentinel(base64('\ufeffpurge')),
  ),
  encoded(
    'Mcp-Name with BASE64 in upper case',
    'mismatch',
    modernPurge,
    named(`=?BASE64?${base64('purge')}?=`),
  ),
  encoded(
    'Mcp-Name with base64 of base64',
    'mismatch',
    modernPurge,
    sentinel(base64(`=?base64?${base64('purge')}?=`)),
  ),
  encoded(
    'Mcp-Name in base64url',
    'mismatch',
    modern('tools/call', { name: 'a?>' }),
    sentinel('YT8-'),
  ),
  encoded(
    'Mcp-Name with base64 of a name with a letter outside ASCII',
    'admin',
    modern('tools/call', { name: CAFE }),
    sentinel(base64(CAFE)),
  ),
  encoded(
    'Mcp-Name with base64 of the decomposed form of a name',
    'mismatch',
    modern('tools/call', { name: CAFE }),
    sentinel(base64(CAFE.normalize('NFD'))),
  ),
  encoded('Mcp-Name with malformed base64 and a request without a name', 'mismatch', modernTools, {
    lines: modernLines('tools/list', '=?base64?!?='),
  }),
  encoded(
    'a legacy call of purge with malformed base64 in Mcp-Name',
    { lateMismatch: 'admin' },
    PURGE,
    withLines('Mcp-Name: =?base64?!?='),
  ),
  encoded(
    'two lines with Mcp-Name, first list and then purge',
    'mismatch',
    modernPurge,
    withLines(...modernLines('tools/call', 'list'), 'Mcp-Name: purge'),
  ),
  encoded(
    'two lines with Mcp-Name, first purge and then list',
    'mismatch',
    modernPurge,
    withLines(...modernLines('tools/call', 'purge'), 'Mcp-Name: list'),
  ),
  encoded(
    'two lines with the same Mcp-Name',
    'mismatch',
    modernPurge,
    withLines(...modernLines('tools/call', 'purge'), 'mcp-name: purge'),
  ),
  encoded(
    'two lines with the same Mcp-Method',
    'mismatch',
    modernPurge,
    withLines(...modernLines('tools/call', 'purge'), 'MCP-METHOD: tools/call'),
  ),
  // Joined lines look like one line with a comma. The request has no name, so a joined line contradicts nothing.
  encoded('two lines with Mcp-Name and a request without a name', 'mismatch', modernTools, {
    lines: [...modernLines('tools/list', 'list'), 'Mcp-Name: purge'],
    onWeb: 'floor',
  }),
  encoded(
    'a legacy call of purge with two lines of Mcp-Name',
    { lateMismatch: 'admin' },
    PURGE,
    withLines('Mcp-Name: list', 'Mcp-Name: purge'),
  ),
  encoded(
    'a legacy call of purge with two versions, the modern one first',
    'mismatch',
    PURGE,
    withLines(MODERN_LINE, LEGACY_LINE, 'Mcp-Name: list'),
  ),
  // Joined versions are compared as one text, which begins with the older version.
  encoded('a legacy call of purge with two versions, the older one first', 'mismatch', PURGE, {
    lines: [LEGACY_LINE, MODERN_LINE, 'Mcp-Name: list'],
    onWeb: { lateMismatch: 'admin' },
  }),
]

export const HEADER_ATTACKS: readonly Attack[] = [
  ...modernRequests,
  ...legacyRequests,
  ...sentinels,
]
