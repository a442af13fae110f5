import { call, LIST, PURGE, request } from '../messages.ts'
import { type Attack, attacksFor } from './attack.ts'

const shape = attacksFor('MCP-20')

/** Fastify itself responds to bodies with these members. */
const refusedByFastify = { onFastify: 400 }

/** Returns a call of list whose body has this number of levels. */
function nested(levels: number): string {
  // The message, its params and its arguments are levels, too.
  const count = levels - 3
  const value = `${'['.repeat(count)}${']'.repeat(count)}`
  return `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list","arguments":{"a":${value}}}}`
}

const START = '{"jsonrpc":"2.0","id":1'

/** Bodies in which a member is written twice. `JSON.parse` keeps the last value. */
const repeated: readonly Attack[] = [
  shape(
    'the methods tools/list and tools/call',
    'admin',
    `${START},"method":"tools/list","method":"tools/call","params":{"name":"purge"}}`,
  ),
  shape(
    'the methods tools/call and tools/list',
    'floor',
    `${START},"method":"tools/call","method":"tools/list","params":{"name":"purge"}}`,
  ),
  shape(
    'the params of list and of purge',
    'admin',
    `${START},"method":"tools/call","params":{"name":"list"},"params":{"name":"purge"}}`,
  ),
  shape(
    'the params of purge and of list',
    'floor',
    `${START},"method":"tools/call","params":{"name":"purge"},"params":{"name":"list"}}`,
  ),
  shape(
    'the names list and purge',
    'admin',
    `${START},"method":"tools/call","params":{"name":"list","name":"purge"}}`,
  ),
  shape(
    'the names purge and list',
    'floor',
    `${START},"method":"tools/call","params":{"name":"purge","name":"list"}}`,
  ),
  shape(
    'a method and an escaped method',
    'admin',
    `${START},"method":"tools/list","\\u006dethod":"tools/call","params":{"name":"purge"}}`,
  ),
  shape(
    'an escaped method and a method',
    'floor',
    `${START},"\\u006dethod":"tools/call","method":"tools/list","params":{"name":"purge"}}`,
  ),
  shape(
    'a method, and another that is a number',
    'unreadable',
    `${START},"method":"tools/list","method":5,"result":{}}`,
  ),
]

const spelled: readonly Attack[] = [
  shape(
    'an escaped name of the member method',
    'admin',
    `${START},"\\u006dethod":"tools/call","params":{"name":"purge"}}`,
  ),
  shape(
    'escaped values',
    'admin',
    `${START},"method":"tools\\u002fcall","params":{"\\u006eame":"\\u0070urge"}}`,
  ),
  shape('a member Method', 'unreadable', { jsonrpc: '2.0', id: 1, Method: 'tools/call' }),
  shape('a member method with a space', 'unreadable', {
    ...PURGE,
    method: undefined,
    'method ': 1,
  }),
  shape('a member Params', 'unreadable', { jsonrpc: '2.0', method: 'tools/call', Params: {} }),
  shape('a member Name', 'unreadable', request('tools/call', { Name: 'list' })),
  shape('a member tool', 'unreadable', request('tools/call', { tool: 'list' })),
]

/** Values of the wrong type. */
const types: readonly Attack[] = [
  shape('a call whose params are missing', 'unreadable', request('tools/call')),
  shape('a call whose params are null', 'unreadable', request('tools/call', null)),
  shape('a call whose params are an array', 'unreadable', request('tools/call', [PURGE])),
  shape('a call whose params are a text', 'unreadable', request('tools/call', 'purge')),
  shape('a call whose params are a number', 'unreadable', request('tools/call', 5)),
  shape('a call whose name is missing', 'unreadable', request('tools/call', {})),
  shape('a call whose name is a number', 'unreadable', call(5)),
  shape('a call whose name is null', 'unreadable', call(null)),
  shape('a call whose name is true', 'unreadable', call(true)),
  shape('a call whose name is an array with purge', 'unreadable', call(['purge'])),
  shape('a call whose name is an array with list', 'unreadable', call(['list'])),
  shape('a call whose name is an object', 'unreadable', call({ toString: 'purge' })),
  shape('a read whose uri is an array', 'unreadable', request('resources/read', { uri: ['a'] })),
  shape('a prompt whose name is a number', 'unreadable', request('prompts/get', { name: 1 })),
  shape('a message whose method is an array', 'unreadable', request(['tools/list'])),
  shape('a message whose method is null', 'unreadable', request(null)),
  shape('a message whose method is an object', 'unreadable', request({ name: 'tools/list' })),
  shape('a message without a method', 'unreadable', { jsonrpc: '2.0', id: 1 }),
  shape('an empty object', 'unreadable', {}),
  shape('null', 'unreadable', 'null'),
  shape('true', 'unreadable', 'true'),
  shape('a number', 'unreadable', '5'),
  // Fastify parses this body to a text. A body that Fastify has not parsed is also a text, so the guard parses every text.
  shape('a text', 'unreadable', '"tools/call"', { onFastify: 'malformed' }),
  shape('the text of a call', 'unreadable', JSON.stringify(JSON.stringify(PURGE)), {
    onFastify: 'admin',
  }),
]

/** Responses of a client to requests of the server. */
const responses: readonly Attack[] = [
  shape('a response', 'floor', { jsonrpc: '2.0', id: 1, result: {} }),
  shape('an error response', 'floor', { jsonrpc: '2.0', id: 1, error: { code: 1, message: 'a' } }),
  shape('a response with a method', 'admin', { ...PURGE, result: {} }),
  shape('a response whose method is null', 'unreadable', { ...PURGE, method: null, result: {} }),
  shape('a response with the params of purge', 'floor', {
    ...PURGE,
    method: undefined,
    result: {},
  }),
  shape('a response that contains a call', 'floor', { jsonrpc: '2.0', id: 1, result: PURGE }),
]

/** Names that exist in every object. */
const inherited: readonly Attack[] = [
  shape(
    'a prototype with a call, and the method tools/list',
    'floor',
    `{"__proto__":${JSON.stringify(PURGE)},"jsonrpc":"2.0","id":1,"method":"tools/list"}`,
    refusedByFastify,
  ),
  shape(
    'a prototype with a call',
    'unreadable',
    `{"__proto__":${JSON.stringify(PURGE)}}`,
    refusedByFastify,
  ),
  shape(
    'a prototype with a call, and a result',
    'floor',
    `{"__proto__":${JSON.stringify(PURGE)},"jsonrpc":"2.0","id":1,"result":{}}`,
    refusedByFastify,
  ),
  shape(
    'params whose prototype has a name',
    'unreadable',
    `${START},"method":"tools/call","params":{"__proto__":{"name":"list"}}}`,
    refusedByFastify,
  ),
  shape(
    'a constructor with a prototype',
    'admin',
    `${JSON.stringify(PURGE).slice(0, -1)},"constructor":{"prototype":{"method":"tools/list"}}}`,
    refusedByFastify,
  ),
]

export const SHAPE_ATTACKS: readonly Attack[] = [
  ...repeated.map((one) => ({ ...one, what: `a body with ${one.what}` })),
  ...spelled.map((one) => ({ ...one, what: `a body with ${one.what}` })),
  ...types.map((one) => ({ ...one, what: `a body that is ${one.what}` })),
  ...responses,
  ...inherited.map((one) => ({ ...one, what: `a body with ${one.what}` })),
  shape('a body with 64 levels', 'floor', nested(64)),
  shape('a body with 65 levels', 'unreadable', nested(65)),
  shape('a body with 50,000 levels', 'unreadable', nested(50_000)),
  shape('a batch with 65 levels', 'unreadable', `[${JSON.stringify(LIST)},${nested(64)}]`),
]
