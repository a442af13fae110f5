import { CAFE } from '../fixture.ts'
import { call, modern, request } from '../messages.ts'
import { type Attack, attacksFor, type Operation } from './attack.ts'

const name = attacksFor('MCP-22')
const unlisted = attacksFor('MCP-21')
const operation = attacksFor('MCP-17')

type Row = readonly (readonly [what: string, operation: Operation, name: string])[]

/** Names of tools. */
const TOOLS: Row = [
  ['the exact name', 'admin', 'purge'],
  ['the name of the prototype', 'unlisted', '__proto__'],
  ['the name of the constructor', 'unlisted', 'constructor'],
  ['the name of an inherited function', 'unlisted', 'toString'],
  ['the name of another inherited function', 'unlisted', 'hasOwnProperty'],
  ['the name of a prototype member', 'unlisted', 'prototype'],
  ['the name in upper case', 'unlisted', 'PURGE'],
  ['the name with an upper-case letter', 'unlisted', 'Purge'],
  ['a space after the name', 'unlisted', 'purge '],
  ['a space before the name', 'unlisted', ' purge'],
  ['a newline after the name', 'unlisted', 'purge\n'],
  ['a NUL after the name', 'unlisted', 'purge\0'],
  ['a zero-width space in the name', 'unlisted', 'pur\u200bge'],
  ['a soft hyphen in the name', 'unlisted', 'pur\u00adge'],
  ['a byte order mark before the name', 'unlisted', '\ufeffpurge'],
  ['a Cyrillic letter that looks the same', 'unlisted', '\u0440urge'],
  ['full-width letters', 'unlisted', '\uff50urge'],
  ['the name with a percent escape', 'unlisted', 'p%75rge'],
  ['the name after a path', 'unlisted', './purge'],
  ['the name after a namespace', 'unlisted', 'notes.purge'],
  ['the beginning of the name', 'unlisted', 'purg'],
  ['a longer name', 'unlisted', 'purges'],
  ['an empty name', 'unlisted', ''],
  ['half of a surrogate pair', 'unlisted', '\ud800'],
  ['the composed form of a letter', 'admin', CAFE],
  ['the decomposed form of a letter', 'unlisted', CAFE.normalize('NFD')],
  ['a name of 100,000 characters', 'unlisted', 'purge'.repeat(20_000)],
]

/** URIs of resources. Servers of the SDKs parse a URI before they look it up. */
const URIS: Row = [
  ['notes://secret', 'admin resource', 'notes://secret'],
  ['a scheme in upper case', 'admin resource', 'NOTES://secret'],
  ['a space before the URI', 'admin resource', ' notes://secret'],
  ['a space after the URI', 'admin resource', 'notes://secret '],
  ['a tab in the URI', 'admin resource', 'notes://sec\tret'],
  ['a newline in the scheme', 'admin resource', 'no\ntes://secret'],
  ['a host in upper case that is not a domain', 'unlisted', 'notes://SECRET'],
  ['a path after the host', 'unlisted', 'notes://secret/../secret'],
  ['a slash after the host', 'unlisted', 'notes://secret/'],
  ['a path from another host', 'unlisted', 'notes://public/../secret'],
  // A template of a server may decode these spellings, so they must not pass.
  ['an escape in the host', 'unlisted', 'notes://%73ecret'],
  ['all letters escaped', 'unlisted', 'notes://%73%65%63%72%65%74'],
  ['an escape that is escaped', 'unlisted', 'notes://%2573ecret'],
  ['a malformed escape', 'unlisted', 'notes://secret%'],
  ['an empty host', 'unlisted', 'notes:///secret'],
  ['a URI without slashes', 'unlisted', 'notes:secret'],
  ['an empty query', 'unlisted', 'notes://secret?'],
  ['an empty fragment', 'unlisted', 'notes://secret#'],
  ['the name of the prototype', 'unlisted', '__proto__'],
  ['https://notes.example.com/secret', 'admin resource', 'https://notes.example.com/secret'],
  ['the default port', 'admin resource', 'https://notes.example.com:443/secret'],
  ['another port', 'unlisted', 'https://notes.example.com:8443/secret'],
  ['an https host in upper case', 'admin resource', 'HTTPS://NOTES.EXAMPLE.COM/secret'],
  ['a dot segment', 'admin resource', 'https://notes.example.com/public/../secret'],
  ['an escaped dot segment', 'admin resource', 'https://notes.example.com/public/%2e%2E/secret'],
  ['backslashes', 'admin resource', 'https:\\\\notes.example.com\\secret'],
  ['https without slashes', 'admin resource', 'https:notes.example.com/secret'],
  ['an empty port', 'admin resource', 'https://notes.example.com:/secret'],
  ['an escaped letter in the host', 'admin resource', 'https://n%6ftes.example.com/secret'],
  ['a full-width letter in the host', 'admin resource', 'https://\uff4eotes.example.com/secret'],
  ['an escaped letter in the path', 'unlisted', 'https://notes.example.com/%73ecret'],
  ['a user in the URI', 'unlisted', 'https://user@notes.example.com/secret'],
  ['two slashes in the path', 'unlisted', 'https://notes.example.com//secret'],
]

/** Returns a request for each way to use a resource by its URI. */
const toResourceRequests = (uri: string) =>
  [
    ['a read', request('resources/read', { uri })],
    ['a subscription', request('resources/subscribe', { uri })],
    ['the end of a subscription', request('resources/unsubscribe', { uri })],
    ['a completion', complete({ type: 'ref/resource', uri })],
    ['a modern subscription', listen([uri])],
    ['a modern subscription to two resources', listen(['notes://public', uri])],
  ] as const

function complete(ref: unknown) {
  return request('completion/complete', { ref, argument: { name: 'a', value: 'b' } })
}

function listen(resourceSubscriptions: unknown) {
  return request('subscriptions/listen', { notifications: { resourceSubscriptions } })
}

const RESOURCES: Row = [
  ['a public resource', 'floor', 'notes://public'],
  ['a resource for admins', 'admin resource', 'notes://secret'],
  ['a resource for admins in another spelling', 'admin resource', 'NOTES://secret'],
  ['an unlisted resource', 'unlisted', 'notes://other'],
]

const resources = RESOURCES.flatMap(([what, kind, uri]) =>
  toResourceRequests(uri).map(([how, message]) => operation(`${how} of ${what}`, kind, message)),
)

/** Other operations with names. */
const others: readonly Attack[] = [
  operation('a prompt for all callers', 'floor', request('prompts/get', { name: 'greet' })),
  operation('a prompt for admins', 'admin', request('prompts/get', { name: 'unseal' })),
  operation('a completion of a prompt', 'floor', complete({ type: 'ref/prompt', name: 'greet' })),
  operation(
    'a completion of a prompt for admins',
    'admin',
    complete({ type: 'ref/prompt', name: 'unseal' }),
  ),
  operation(
    'a completion of a prompt for admins with the URI of a public resource',
    'admin',
    complete({ type: 'ref/prompt', name: 'unseal', uri: 'notes://public' }),
  ),
  operation(
    'a completion of another kind',
    'unreadable',
    complete({ type: 'ref/tool', name: 'a' }),
  ),
  operation('a completion without a kind', 'unreadable', complete({ name: 'greet' })),
  operation('a completion without a reference', 'unreadable', request('completion/complete', {})),
  operation(
    'a completion with references in an array',
    'unreadable',
    complete([{ type: 'ref/prompt', name: 'greet' }]),
  ),
  operation(
    'a modern subscription to lists only',
    'floor',
    request('subscriptions/listen', { notifications: { toolsListChanged: true } }),
  ),
  operation('a modern subscription to an empty list', 'floor', listen([])),
  operation('a modern subscription to a text', 'unreadable', listen('notes://public')),
  operation('a modern subscription to an object', 'unreadable', listen({ 0: 'notes://public' })),
  operation('a modern subscription to a number', 'unreadable', listen(['notes://public', 5])),
  operation(
    'a modern subscription without notifications',
    'unreadable',
    request('subscriptions/listen', { resourceSubscriptions: ['notes://secret'] }),
  ),
  operation(
    'a modern subscription with the method of older versions, without a URI',
    'floor',
    modern('resources/subscribe'),
  ),
  operation(
    'a modern subscription with the method of older versions',
    'admin resource',
    modern('resources/subscribe', { uri: 'notes://secret' }),
  ),
  operation(
    'a legacy subscription without a URI',
    'unreadable',
    request('resources/subscribe', {}),
  ),
  operation(
    'a modern subscription with the method of older versions, and with a number',
    'unreadable',
    modern('resources/subscribe', { uri: 5 }),
  ),
  operation(
    'a modern subscription to 999 resources',
    'floor',
    listen(Array.from({ length: 999 }, () => 'notes://public')),
  ),
  operation(
    'a modern subscription to 1,000 resources, which is one operation too many',
    'unreadable',
    listen(Array.from({ length: 1000 }, () => 'notes://public')),
  ),
  operation('a method with a rule', 'admin', request('logging/setLevel', { level: 'debug' })),
  operation('a method without a rule', 'floor', request('tools/list')),
  operation('a tool with the name of a prompt for all callers', 'unlisted', call('greet')),
  operation(
    'a prompt with the name of a tool',
    'unlisted',
    request('prompts/get', { name: 'list' }),
  ),
  operation('a notification that calls purge', 'admin', {
    jsonrpc: '2.0',
    method: 'tools/call',
    params: { name: 'purge' },
  }),
  operation('a notification', 'floor', { jsonrpc: '2.0', method: 'notifications/initialized' }),
]

/** Methods that no server executes. Most of them look like `tools/call`. */
const METHODS: readonly string[] = [
  'Tools/Call',
  'TOOLS/CALL',
  'tools/call ',
  ' tools/call',
  'tools//call',
  'tools\\call',
  'tools/call\0',
  'tools%2fcall',
  'tools/call/',
  '__proto__',
  'constructor',
  '',
]

export const NAME_ATTACKS: readonly Attack[] = [
  ...TOOLS.map(([what, kind, tool]) => name(`a call of a tool with ${what}`, kind, call(tool))),
  ...URIS.map(([what, kind, uri]) =>
    name(`a read of a resource with ${what}`, kind, request('resources/read', { uri })),
  ),
  ...METHODS.map((method) =>
    name(
      `the method ${JSON.stringify(method)}`,
      'floor',
      request(method, { name: 'purge', arguments: {} }),
    ),
  ),
  ...resources,
  ...others,
  unlisted('a call of an unlisted tool', 'unlisted', call('other')),
  unlisted('an unlisted prompt', 'unlisted', request('prompts/get', { name: 'other' })),
  unlisted('an unlisted resource', 'unlisted', request('resources/read', { uri: 'notes://x' })),
]
