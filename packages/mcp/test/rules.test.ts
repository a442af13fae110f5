import { describe, expect, it } from 'vitest'
import type { CheckedRequirements } from '@bearward/core/internal-guards'
import type { Operation } from '../src/read-operations.ts'
import { createRules, type MethodRule, type RuleSettings, type Selection } from '../src/rules.ts'
import { read, scopeOf } from './setup.ts'

type Table = Readonly<Record<string, CheckedRequirements>>

const FLOOR = read({ scope: 'read' })
const toMap = <T>(table: Readonly<Record<string, T>> = {}) => new Map(Object.entries(table))

/** Creates rules with a floor. */
function create({
  tools,
  prompts,
  resources,
  methods,
  unlisted = {},
}: {
  readonly tools?: Table
  readonly prompts?: Table
  readonly resources?: Table
  readonly methods?: Readonly<Record<string, MethodRule>>
  readonly unlisted?: Partial<RuleSettings['unlisted']>
} = {}) {
  return createRules({
    floor: FLOOR,
    named: { tool: toMap(tools), prompt: toMap(prompts), resource: toMap(resources) },
    methods: toMap(methods),
    unlisted: { tool: 'refuse', prompt: 'refuse', resource: 'refuse', ...unlisted },
  })
}

const tool = (name: string): Operation => ({ kind: 'tool', method: 'tools/call', name })
const prompt = (name: string): Operation => ({ kind: 'prompt', method: 'prompts/get', name })
const resource = (name: string): Operation => ({ kind: 'resource', method: 'resources/read', name })
const method = (name: string): Operation => ({ kind: 'method', method: name })
const RESPONSE: Operation = { kind: 'response' }
const UNREADABLE: Operation = { kind: 'unreadable' }

/** Returns the required scopes of a selection, or the kind of operation that is not listed. */
function describeSelection(selection: Selection): string | undefined {
  return selection.kind === 'unlisted'
    ? `unlisted ${selection.operation}`
    : scopeOf(selection.requirements)
}

describe('select', () => {
  const rules = create({
    tools: { list: read({}), purge: read({ scope: 'admin' }) },
    prompts: { greet: read({ scope: 'greet' }) },
    resources: { 'notes://secret': read({ scope: 'secret' }) },
    methods: {
      'logging/setLevel': read({ scope: 'logs' }),
      'tools/call': read({ scope: 'call' }),
      'tools/list': 'anonymous',
    },
  })
  it.each<[operations: readonly Operation[], selection: string]>([
    [[method('ping')], 'read'],
    [[method('tools/list')], 'read'],
    [[RESPONSE], 'read'],
    [[method('logging/setLevel')], 'read logs'],
    [[tool('list')], 'read call'],
    [[tool('purge')], 'read call admin'],
    [[prompt('greet')], 'read greet'],
    [[resource('notes://secret')], 'read secret'],
    [[tool('list'), prompt('greet'), RESPONSE, tool('purge')], 'read call greet admin'],
    [[tool('purge'), tool('purge')], 'read call admin'],
    [[tool('greet')], 'unlisted tool'],
    [[tool('Purge')], 'unlisted tool'],
    [[tool('__proto__')], 'unlisted tool'],
    [[prompt('purge')], 'unlisted prompt'],
    [[resource('purge')], 'unlisted resource'],
    [[resource('notes://secret/')], 'unlisted resource'],
    [[UNREADABLE], 'unlisted unreadable'],
    [[tool('list'), UNREADABLE], 'unlisted unreadable'],
    [[tool('list'), tool('other')], 'unlisted tool'],
  ])(
    'select of %j returns the required scopes or the unlisted kind: %s',
    (operations, selection) => {
      expect(describeSelection(rules.select(operations))).toBe(selection)
    },
  )

  it.each(['tool', 'prompt', 'resource'] as const)(
    'select applies the rule for unlisted operations of the kind %s only to this kind',
    (kind) => {
      const others = create({ unlisted: { [kind]: 'floor' } })
      for (const operation of [tool('a'), prompt('a'), resource('a')]) {
        const expected =
          'name' in operation && operation.kind === kind ? 'read' : `unlisted ${operation.kind}`
        expect(describeSelection(others.select([operation]))).toBe(expected)
      }
      expect(describeSelection(others.select([UNREADABLE]))).toBe('unlisted unreadable')
    },
  )

  it('select requires all requirements of all tables for an unreadable operation if unlisted operations are not refused', () => {
    const open = create({
      tools: { purge: read({ scope: 'admin' }), list: read({}) },
      prompts: { greet: read({ scope: 'greet admin' }) },
      resources: { 'notes://secret': read({ scope: 'secret', acr: 'mfa' }) },
      methods: { 'logging/setLevel': read({ scope: 'logs' }), ping: 'anonymous' },
      unlisted: { tool: 'floor', prompt: 'floor', resource: 'floor' },
    })
    const selection = open.select([tool('list'), UNREADABLE])
    expect(selection).toMatchObject({
      requirements: { challenge: { scope: 'read admin greet secret logs', acr_values: 'mfa' } },
    })
    expect(open.select([UNREADABLE])).toBe(selection)
    expect(describeSelection(open.select([tool('other')]))).toBe('read')
  })

  it('select returns the same object as the floor if no rule adds requirements', () => {
    expect(rules.select([method('ping')])).toMatchObject({ requirements: FLOOR })
    const selection = rules.select([method('ping')])
    expect(selection.kind === 'requirements' && selection.requirements).toBe(FLOOR)
    expect(rules.floor).toBe(FLOOR)
  })

  it('select merges the requirements of one operation only once', () => {
    const operations = [prompt('greet')]
    expect(rules.select(operations)).toBe(rules.select([prompt('greet')]))
  })

  it.each([
    ['FILE:///Notes/a', 'file:///Notes/a'],
    ['file:///x/../Notes/a', 'file:///Notes/a'],
    ['file:///x/%2e%2e/Notes/a', 'file:///Notes/a'],
    ['file://localhost/Notes/a', 'file:///Notes/a'],
    ['https://NOTES.example.com:443/a', 'https://notes.example.com/a'],
    ['https://notes.example.com', 'https://notes.example.com/'],
    [' https://notes.example.com/', 'https://notes.example.com/'],
    ['notes://a\n', 'notes://a'],
  ])(
    'select requires the requirements of a listed URI for the spelling %j of %s',
    (sent, listed) => {
      const requirements = { [listed]: read({ scope: 'secret' }) }
      for (const unlisted of ['refuse', 'floor'] as const) {
        const { select } = create({ resources: requirements, unlisted: { resource: unlisted } })
        expect(describeSelection(select([resource(sent)]))).toBe('read secret')
        expect(describeSelection(select([resource(listed)]))).toBe('read secret')
      }
    },
  )

  it('select requires the requirements of a listed URI for all URIs with the same normalized form', () => {
    const { select } = create({ resources: { 'FILE:///x/../a': read({ scope: 'secret' }) } })
    for (const uri of ['FILE:///x/../a', 'file:///a', 'file:///y/../a'])
      expect(describeSelection(select([resource(uri)]))).toBe('read secret')
    expect(describeSelection(select([resource('FILE:///x/../b')]))).toBe('unlisted resource')
  })

  it('select requires the requirements of all listed URIs with the same normalized form', () => {
    const { select } = create({
      resources: {
        'FILE:///a': read({ scope: 'one' }),
        'file:///x/../a': read({ scope: 'two' }),
        'file:///b': read({ scope: 'three' }),
      },
    })
    for (const uri of ['FILE:///a', 'file:///x/../a', 'file:///a']) {
      const scopes = describeSelection(select([resource(uri)]))!.split(' ')
      expect(new Set(scopes)).toEqual(new Set(['read', 'one', 'two']))
    }
  })

  it('select adds each check of the application once, even if several spellings of a URI are listed', () => {
    const checked = read({ scope: 'one', check: () => true })
    const { select } = create({
      resources: {
        'FILE:///a': checked,
        'file:///a': checked,
        'file:///x/../a': read({ check: () => true }),
      },
      methods: { 'resources/read': checked },
    })
    for (const uri of ['FILE:///a', 'file:///a']) {
      const selection = select([resource(uri)])
      if (selection.kind === 'unlisted') throw new TypeError('The URI is listed.')
      expect(selection.requirements.checks).toHaveLength(2)
      expect(selection.requirements.describe().match(/check/g)).toHaveLength(2)
    }
  })

  it('select treats a URI with another percent-encoding as unlisted', () => {
    const { select } = create({ resources: { 'notes://a/secret': read({ scope: 'secret' }) } })
    for (const uri of ['notes://a/%73ecret', 'notes://a/secret%', '%', ''])
      expect(describeSelection(select([resource(uri)]))).toBe('unlisted resource')
  })

  it('select does not normalize the names of tools and prompts', () => {
    const { select } = create({
      tools: { 'file:///a': read({}) },
      prompts: { 'file:///a': read({}) },
    })
    expect(describeSelection(select([tool('FILE:///a')]))).toBe('unlisted tool')
    expect(describeSelection(select([prompt('FILE:///a')]))).toBe('unlisted prompt')
  })
})

describe('isAnonymous', () => {
  const { isAnonymous, hasAnonymous } = create({
    methods: { 'tools/list': 'anonymous', ping: 'anonymous', 'prompts/list': read({}) },
  })

  it('isAnonymous returns true only if every operation is a method for anonymous callers', () => {
    expect(hasAnonymous).toBe(true)
    expect(isAnonymous([method('ping')])).toBe(true)
    expect(isAnonymous([method('ping'), method('tools/list')])).toBe(true)
    for (const other of [
      method('prompts/list'),
      method('initialize'),
      method('PING'),
      tool('list'),
      { kind: 'tool', method: 'ping', name: 'a' } as const,
      RESPONSE,
      UNREADABLE,
    ]) {
      expect(isAnonymous([other])).toBe(false)
      expect(isAnonymous([method('ping'), other])).toBe(false)
    }
  })

  it('hasAnonymous is false if no method is for anonymous callers', () => {
    const none = create({ methods: { ping: read({}) } })
    expect(none.hasAnonymous).toBe(false)
    expect(none.isAnonymous([method('ping')])).toBe(false)
  })
})
