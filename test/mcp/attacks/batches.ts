import {
  call,
  LIST,
  modern,
  MODERN_LINE,
  modernLines,
  PURGE,
  request,
  type Message,
} from '../messages.ts'
import { type Attack, attacksFor, type Operation } from './attack.ts'

const batch = attacksFor('MCP-18')

const RESPONSE: Message = { jsonrpc: '2.0', id: 1, result: {} }
const OTHER = call('other')
const NOTIFICATION: Message = { jsonrpc: '2.0', method: 'notifications/initialized' }

const MODERN_CALL = modern('tools/call', { name: 'purge' })

/** Messages that no server executes. */
const FOREIGN: readonly (readonly [what: string, message: unknown])[] = [
  ['null', null],
  ['a number', 5],
  ['a text', 'tools/call'],
  ['an array', [PURGE]],
  ['an empty array', []],
  ['an object without a method', { jsonrpc: '2.0', id: 1 }],
  ['an object whose method is a number', { ...PURGE, method: 5 }],
]

const positions = [0, 1, 2, 3, 4].map((at) => {
  const messages = Array.from({ length: 5 }, (_, index) => (index === at ? PURGE : LIST))
  return batch(`a batch with purge as message ${at + 1} of 5`, 'admin', messages)
})

const foreign = FOREIGN.flatMap(([what, message]) => [
  batch(`a batch of ${what}`, 'unreadable', [message]),
  batch(`a batch of list and ${what}`, 'unreadable', [LIST, message]),
  batch(`a batch of ${what} and purge`, 'unreadable', [message, PURGE]),
])

const mixed: readonly (readonly [what: string, operation: Operation, messages: Message[]])[] = [
  ['list', 'floor', [LIST]],
  ['list and a notification', 'floor', [LIST, NOTIFICATION]],
  ['list and a response', 'floor', [LIST, RESPONSE]],
  ['a response and purge', 'admin', [RESPONSE, PURGE]],
  ['a notification and purge', 'admin', [NOTIFICATION, PURGE]],
  ['a modern and a legacy message', 'admin', [MODERN_CALL, LIST]],
  ['one modern message', 'admin', [MODERN_CALL]],
  ['list and an unlisted tool', 'unlisted', [LIST, OTHER]],
  ['an unlisted tool and purge', 'unlisted and admin', [OTHER, PURGE]],
  ['purge and an unlisted tool', 'unlisted and admin', [PURGE, OTHER]],
  ['two calls of purge', 'admin', [PURGE, PURGE]],
  ['three kinds', 'admin', [LIST, request('prompts/get', { name: 'unseal' }), NOTIFICATION]],
]

const many = (last: Message) => [...Array.from({ length: 999 }, () => LIST), last]

export const BATCH_ATTACKS: readonly Attack[] = [
  batch('a batch of list and purge with a modern version', 'admin', [LIST, PURGE], {
    lines: [MODERN_LINE],
  }),
  batch('a batch of list and purge with a modern version and method', 'admin', [LIST, PURGE], {
    lines: modernLines('tools/call'),
  }),
  batch('a batch of list and purge with the headers of list', 'mismatch', [LIST, PURGE], {
    lines: modernLines('tools/call', 'list'),
  }),
  batch('a batch of list and purge with the headers of purge', 'mismatch', [LIST, PURGE], {
    lines: modernLines('tools/call', 'purge'),
  }),
  ...positions,
  ...foreign,
  ...mixed.map(([what, operation, messages]) => batch(`a batch of ${what}`, operation, messages)),
  batch('an empty batch', 'unreadable', []),
  batch('an empty batch with the headers of list', 'unreadable', [], {
    lines: modernLines('tools/call', 'list'),
  }),
  batch('a batch of 1,000 calls of list', 'floor', many(LIST)),
  batch('a batch of 1,000 calls that ends with purge', 'admin', many(PURGE)),
  batch('a batch of 1,001 calls of list', 'unreadable', [LIST, ...many(LIST)]),
]
