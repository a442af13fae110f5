import { describe, expect, it } from 'vitest'
import { fc } from '../../../test/support/property.ts'
import { withPollutedPrototype } from '../../core/test/support/with-polluted-prototype.ts'
import { MODERN_VERSION, VERSION_MEMBER } from '../src/protocol.ts'
import {
  DEEPEST,
  hasNames,
  MOST_OPERATIONS,
  type Operation,
  readId,
  readOperations,
} from '../src/read-operations.ts'

const UNREADABLE: Operation = { kind: 'unreadable' }

/** Returns a request with a method and `params`. */
const request = (method: unknown, params?: unknown) => ({ jsonrpc: '2.0', id: 1, method, params })

const tool = (name: string) => ({ kind: 'tool', method: 'tools/call', name })
const resource = (name: string, method = 'resources/read') => ({ kind: 'resource', method, name })
const completion = (kind: string, name: string) => ({ kind, method: 'completion/complete', name })

/** Returns a value with this number of levels of arrays and objects. */
function nest(levels: number, kind: 'array' | 'object'): unknown {
  let value: unknown = 1
  for (let i = 0; i < levels; i++) value = kind === 'array' ? [value] : { a: value }
  return value
}

describe('readOperations', () => {
  it('readOperations does not read a message as a response if its method is not enumerable', () => {
    const hidden = Object.defineProperty({ result: {} }, 'method', { value: 'tools/call' })
    expect(readOperations(hidden).operations).toEqual([{ kind: 'unreadable' }])
    expect(readOperations({ result: {} }).operations).toEqual([{ kind: 'response' }])
  })

  it.each(['resources/subscribe', 'resources/unsubscribe'])(
    'readOperations reads %s without a uri as a method only in a modern request, because modern servers do not have this method',
    (method) => {
      const read = (params: object) => readOperations(request(method, params)).operations
      const _meta = { [VERSION_MEMBER]: MODERN_VERSION }
      expect(read({ _meta })).toEqual([{ kind: 'method', method }])
      expect(read({ _meta, uri: 'notes://a' })).toEqual([resource('notes://a', method)])
      const polluting = JSON.parse('{ "__proto__": { "uri": "notes://a" } }') as object
      for (const params of [
        {},
        { _meta: { [VERSION_MEMBER]: '2025-11-25' } },
        { _meta, uri: undefined },
        { _meta, uri: 5 },
        Object.assign(polluting, { _meta }),
      ])
        expect(read(params)).toEqual([UNREADABLE])
    },
  )

  it.each<[method: string, params: unknown, operations: readonly object[]]>([
    ['tools/call', { name: 'purge' }, [tool('purge')]],
    ['tools/call', { name: 'purge', arguments: { name: 'list' } }, [tool('purge')]],
    ['tools/call', { name: '' }, [tool('')]],
    ['prompts/get', { name: 'greet' }, [{ kind: 'prompt', method: 'prompts/get', name: 'greet' }]],
    ['resources/read', { uri: 'notes://a' }, [resource('notes://a')]],
    ['resources/subscribe', { uri: 'notes://a' }, [resource('notes://a', 'resources/subscribe')]],
    [
      'resources/unsubscribe',
      { uri: 'notes://a' },
      [resource('notes://a', 'resources/unsubscribe')],
    ],
    [
      'completion/complete',
      { ref: { type: 'ref/prompt', name: 'greet', uri: 'notes://a' } },
      [completion('prompt', 'greet')],
    ],
    [
      'completion/complete',
      { ref: { type: 'ref/resource', uri: 'notes://{id}', name: 'greet' } },
      [completion('resource', 'notes://{id}')],
    ],
    [
      'subscriptions/listen',
      { notifications: { resourceSubscriptions: ['notes://a', 'notes://b'] } },
      [
        { kind: 'method', method: 'subscriptions/listen' },
        resource('notes://a', 'subscriptions/listen'),
        resource('notes://b', 'subscriptions/listen'),
      ],
    ],
    [
      'subscriptions/listen',
      { notifications: { toolsListChanged: true } },
      [{ kind: 'method', method: 'subscriptions/listen' }],
    ],
    ['tools/list', undefined, [{ kind: 'method', method: 'tools/list' }]],
    ['tools/list', { name: 'purge' }, [{ kind: 'method', method: 'tools/list' }]],
    ['notifications/initialized', 7, [{ kind: 'method', method: 'notifications/initialized' }]],
    ['tasks/get', { taskId: 'a' }, [{ kind: 'method', method: 'tasks/get' }]],
    ['Tools/Call', { name: 'purge' }, [{ kind: 'method', method: 'Tools/Call' }]],
    ['', {}, [{ kind: 'method', method: '' }]],
    ['__proto__', {}, [{ kind: 'method', method: '__proto__' }]],
  ])('readOperations of %s with params %j returns %j', (method, params, operations) => {
    expect(readOperations(request(method, params)).operations).toEqual(operations)
  })

  it.each<[what: string, body: unknown]>([
    ['a text', 'tools/call'],
    ['a number', 7],
    ['null', null],
    ['undefined', undefined],
    ['an empty object', {}],
    ['an empty batch', []],
    ['a batch in a batch', [[request('tools/list')]]],
    ['a method that is a number', request(7)],
    ['a method that is null, with a result', { method: null, result: {} }],
    ['a method in an array', request(['tools/call'])],
    ['a call without params', request('tools/call')],
    ['a call with params in an array', request('tools/call', ['purge'])],
    ['a call with params that are a text', request('tools/call', 'purge')],
    ['a call without a name', request('tools/call', {})],
    ['a call whose name is in an array', request('tools/call', { name: ['purge'] })],
    ['a call whose name is a number', request('tools/call', { name: 7 })],
    ['a prompt whose name is null', request('prompts/get', { name: null })],
    ['a resource with a name instead of a uri', request('resources/read', { name: 'notes://a' })],
    ['a completion without ref', request('completion/complete', {})],
    ['a completion whose ref is a text', request('completion/complete', { ref: 'greet' })],
    [
      'a completion with an unknown type',
      request('completion/complete', { ref: { type: 'ref/tool', name: 'purge' } }),
    ],
    [
      'a completion whose name is a number',
      request('completion/complete', { ref: { type: 'ref/prompt', name: 7 } }),
    ],
    ['subscriptions without notifications', request('subscriptions/listen', {})],
    [
      'subscriptions to a text',
      request('subscriptions/listen', { notifications: { resourceSubscriptions: 'notes://a' } }),
    ],
  ])('readOperations returns an unreadable operation for %s', (_what, body) => {
    const { operations, isModern } = readOperations(body)
    expect(operations).toEqual([UNREADABLE])
    expect(isModern).toBe(false)
  })

  it('readOperations returns an unreadable operation for each subscription that is not a text', () => {
    const notifications = { resourceSubscriptions: ['notes://a', 7, null] }
    expect(readOperations(request('subscriptions/listen', { notifications })).operations).toEqual([
      { kind: 'method', method: 'subscriptions/listen' },
      resource('notes://a', 'subscriptions/listen'),
      UNREADABLE,
      UNREADABLE,
    ])
  })

  it('readOperations returns a response for a message with a result or an error, and without a method', () => {
    for (const body of [{ result: {} }, { error: {} }, { id: 1, result: undefined }])
      expect(readOperations(body).operations).toEqual([{ kind: 'response' }])
    expect(readOperations({ result: {}, method: 'ping' }).operations).toEqual([
      { kind: 'method', method: 'ping' },
    ])
  })

  it('readOperations returns the operations of all messages of a batch, in their order', () => {
    const batch = [
      request('tools/call', { name: 'list' }),
      { result: {} },
      7,
      request('ping'),
      request('tools/call', { name: 'purge' }),
    ]
    const { operations, messages } = readOperations(batch)
    expect(operations).toEqual([
      tool('list'),
      { kind: 'response' },
      UNREADABLE,
      { kind: 'method', method: 'ping' },
      tool('purge'),
    ])
    expect(messages()).toEqual([
      { method: 'tools/call', name: 'list' },
      { method: undefined, name: undefined },
      { method: undefined, name: undefined },
      { method: 'ping', name: undefined },
      { method: 'tools/call', name: 'purge' },
    ])
  })

  it('messages() of readOperations returns the member that Mcp-Name repeats, and undefined for methods without this member', () => {
    const nameOf = (method: string, params: unknown) =>
      readOperations(request(method, params)).messages()[0]!.name
    const params = { name: 'n', uri: 'u', taskId: 't' }
    expect(nameOf('tools/call', params)).toBe('n')
    expect(nameOf('prompts/get', params)).toBe('n')
    expect(nameOf('resources/read', params)).toBe('u')
    for (const method of ['tasks/get', 'tasks/update', 'tasks/cancel'])
      expect(nameOf(method, params)).toBe('t')
    for (const method of ['resources/subscribe', 'tasks/list', 'completion/complete'])
      expect(nameOf(method, params)).toBeUndefined()
    expect(nameOf('tools/call', { name: 7 })).toBeUndefined()
    expect(nameOf('tools/call', [])).toBeUndefined()
  })

  it.each<[expected: boolean, what: string, body: unknown]>([
    [true, 'a version', request('ping', { _meta: { [VERSION_MEMBER]: '2026-07-28' } })],
    [false, 'a version that is null', request('ping', { _meta: { [VERSION_MEMBER]: null } })],
    [false, 'a batch with a version', [request('ping', { _meta: { [VERSION_MEMBER]: 'a' } })]],
    [false, '_meta without a version', request('ping', { _meta: {} })],
    [false, '_meta in an array', request('ping', { _meta: [VERSION_MEMBER] })],
    [false, 'a version outside of _meta', request('ping', { [VERSION_MEMBER]: '2026-07-28' })],
    [false, 'params that are a text', request('ping', VERSION_MEMBER)],
  ])('readOperations returns isModern %s for %s', (expected, _what, body) => {
    expect(readOperations(body).isModern).toBe(expected)
  })

  it.each(['array', 'object'] as const)(
    'readOperations reads a body with 64 levels of nested values in an %s, and returns an unreadable operation for 65 levels',
    (kind) => {
      // The message, its params and the arguments are three levels.
      const withLevels = (levels: number) =>
        request('tools/call', { name: 'list', arguments: { deep: nest(levels - 3, kind) } })
      expect(DEEPEST).toBe(64)
      expect(readOperations(withLevels(64)).operations).toEqual([tool('list')])
      expect(readOperations(withLevels(65)).operations).toEqual([UNREADABLE])
      // The batch is a level of its own.
      expect(readOperations([withLevels(63)]).operations).toEqual([tool('list')])
      expect(readOperations([withLevels(64)]).operations).toEqual([UNREADABLE])
    },
  )

  it('readOperations reads a body with 1000 operations, and returns an unreadable operation for 1001 operations', () => {
    const batch = (count: number) => Array.from({ length: count }, () => request('ping'))
    expect(MOST_OPERATIONS).toBe(1000)
    expect(readOperations(batch(1000)).operations).toHaveLength(1000)
    expect(readOperations(batch(1001)).operations).toEqual([UNREADABLE])
    const listen = (count: number) => {
      const resourceSubscriptions = Array.from({ length: count }, () => 'notes://a')
      return request('subscriptions/listen', { notifications: { resourceSubscriptions } })
    }
    // The method itself is an operation.
    expect(readOperations(listen(999)).operations).toHaveLength(1000)
    expect(readOperations(listen(1000)).operations).toEqual([UNREADABLE])
    expect(readOperations([listen(500), listen(499)]).operations).toEqual([UNREADABLE])
  })

  it('readOperations does not overflow the stack for 1,000,000 levels', () => {
    expect(readOperations(nest(1_000_000, 'array')).operations).toEqual([UNREADABLE])
    expect(readOperations(nest(1_000_000, 'object')).operations).toEqual([UNREADABLE])
  })

  it('readOperations ignores inherited members', () => {
    const inherited = (members: object) => Object.create(members) as unknown
    expect(readOperations(inherited(request('tools/list'))).operations).toEqual([UNREADABLE])
    expect(readOperations(request('tools/call', inherited({ name: 'list' }))).operations).toEqual([
      UNREADABLE,
    ])
    const meta = { _meta: inherited({ [VERSION_MEMBER]: '2026-07-28' }) }
    expect(readOperations(request('ping', meta)).isModern).toBe(false)
  })

  it('readOperations ignores members of Object.prototype', () => {
    const members = { method: 'tools/list', params: { name: 'list' }, name: 'list' }
    const found = withPollutedPrototype(members, () => [
      readOperations({}).operations,
      readOperations(request('tools/call', {})).operations,
    ])
    expect(found).toEqual([[UNREADABLE], [UNREADABLE]])
  })

  it('readOperations reads own members with names of Object.prototype, as JSON.parse creates them', () => {
    const text = '{"method":"tools/call","params":{"__proto__":{"name":"list"},"name":"purge"}}'
    expect(readOperations(JSON.parse(text)).operations).toEqual([tool('purge')])
    const only = '{"method":"tools/call","params":{"__proto__":{"name":"list"}}}'
    expect(readOperations(JSON.parse(only)).operations).toEqual([UNREADABLE])
    const own = '{"method":"tools/call","params":{"hasOwnProperty":1,"name":"list"}}'
    expect(readOperations(JSON.parse(own)).operations).toEqual([tool('list')])
  })
})

/** A name that decides about an operation, a name of `Object.prototype`, or any other text. */
const memberName = fc.oneof(
  fc.constantFrom(
    'method',
    'params',
    'result',
    'error',
    'name',
    'uri',
    'ref',
    'type',
    'notifications',
    'resourceSubscriptions',
    '_meta',
    VERSION_MEMBER,
    '__proto__',
    'constructor',
    'toString',
  ),
  fc.string(),
)

const METHODS = [
  'tools/call',
  'prompts/get',
  'resources/read',
  'resources/subscribe',
  'completion/complete',
  'subscriptions/listen',
  'tools/list',
  'ping',
]

/** Values that `JSON.parse` can create, with the members that `readOperations` reads. */
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'medium', withCrossShrink: true },
    fc.constantFrom<unknown>(null, true, 0, ...METHODS, 'ref/prompt', 'ref/resource', 'notes://a'),
    fc.string(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc
      .array(fc.tuple(memberName, tie('value')), { maxLength: 5 })
      .map((members) =>
        JSON.parse(
          `{${members.map(([name, one]) => `${JSON.stringify(name)}:${JSON.stringify(one)}`).join()}}`,
        ),
      ),
  ),
}))

describe('readOperations of generated bodies', () => {
  it('readOperations returns at least one operation for every value of JSON, and never throws', () => {
    fc.assert(
      fc.property(fc.oneof(value, fc.jsonValue({ depthSize: 'medium' })), (body) => {
        const { operations, messages } = readOperations(body)
        expect(operations.length).toBeGreaterThan(0)
        expect(messages()).toHaveLength(Array.isArray(body) ? body.length : 1)
        for (const operation of operations) {
          if ('name' in operation) expect(operation.name).toBeTypeOf('string')
          if ('method' in operation) expect(operation.method).toBeTypeOf('string')
        }
      }),
      { numRuns: 2000 },
    )
  })

  it('readOperations returns the same operations for a batch as for each of its messages alone', () => {
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 5 }), (batch) => {
        const alone = batch.map((message) =>
          // A message that is an array would be read as a batch.
          Array.isArray(message) ? [UNREADABLE] : [...readOperations(message).operations],
        )
        expect(readOperations(batch).operations).toEqual(alone.flat())
        expect(readOperations(batch).isModern).toBe(false)
      }),
      { numRuns: 1000 },
    )
  })

  it('readOperations returns the tool in params.name, whatever the other members of params are', () => {
    const other = fc.string().filter((name) => !['name', '_meta'].includes(name))
    fc.assert(
      fc.property(fc.string(), fc.dictionary(other, value), (name, others) => {
        const { operations } = readOperations(request('tools/call', { ...others, name }))
        expect(operations).toEqual([tool(name)])
      }),
      { numRuns: 500 },
    )
  })
})

describe('hasNames', () => {
  it('hasNames returns true only for methods whose operations have names', () => {
    for (const method of METHODS.slice(0, 6)) expect(hasNames(method)).toBe(true)
    for (const method of ['tools/list', 'ping', 'TOOLS/CALL', '', '__proto__', 'tasks/get'])
      expect(hasNames(method)).toBe(false)
  })
})

describe('readId', () => {
  it.each([1, 0, -7, '', 'a', 'i'.repeat(256)])('readId returns the id %j of a message', (id) => {
    expect(readId({ ...request('tools/list'), id })).toBe(id)
  })

  it.each([
    ['a long text', { id: 'i'.repeat(257) }],
    ['a fraction', { id: 1.5 }],
    ['an object', { id: { toJSON: () => 1 } }],
    ['null', { id: null }],
    ['an inherited id', Object.create({ id: 1 })],
    ['a notification', { jsonrpc: '2.0', method: 'notifications/initialized' }],
    ['a batch', [request('tools/list')]],
    ['a number', 7],
    ['nothing', undefined],
  ])('readId returns null for %s', (_what, body: unknown) => {
    expect(readId(body)).toBe(null)
  })
})
