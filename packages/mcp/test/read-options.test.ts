import { describe, expect, it } from 'vitest'
import { getProblemsOf } from '../../core/test/support/get-problems.ts'
import { withPollutedPrototype } from '../../core/test/support/with-polluted-prototype.ts'
import type { McpGuardOptions } from '../src/options.ts'
import { OTHER_OPTIONS, readOptions, SIMPLE_OPTIONS } from '../src/read-options.ts'
import { createGuardParts, scopeOf } from './setup.ts'

const tools = createGuardParts()
const withoutResource = createGuardParts({ resource: undefined, audience: 'notes' })

/** Returns the problems of options. */
function problemsOf(options: unknown, server = tools): readonly string[] {
  return getProblemsOf(() => readOptions(options, server))
}

/** Returns the scopes that the rules require for an operation, or `unlisted` if the operation is not listed. */
function scopeFor(
  options: McpGuardOptions<never>,
  kind: 'tool' | 'prompt' | 'resource',
  name: string,
) {
  const { rules } = readOptions(options, tools)
  const selection = rules.select([{ kind, method: 'any', name }])
  return selection.kind === 'unlisted' ? 'unlisted' : scopeOf(selection.requirements)
}

const NOT_ORIGINS =
  "origins must be an array of origins such as 'https://app.example.com' (lower case, without a path or a slash at the end), or a function, not "
const MISSING_ORIGINS =
  "origins is missing: set the origins of the pages that may call this server, such as ['https://app.example.com'], or set the option resource of createBearward. If no page may call it, set origins: []."
const ALL_ORIGINS =
  "origins cannot be '*': a page could resolve its own host name to the address of this server, and then call the server (DNS rebinding). List the origins."
const CORS_WITHOUT_ORIGINS =
  'cors requires origins: list the origins whose pages may call this server.'
const UNLISTED =
  "unlisted must be 'refuse' or 'floor', or an object with tools, prompts and resources."

describe('readOptions', () => {
  it('readOptions returns the defaults for an empty object', () => {
    const { rules, ...others } = readOptions({}, tools)
    expect(others).toEqual({
      apiKeys: undefined,
      origins: ['https://notes.example.com'],
      cors: undefined,
      bodyLimit: 1_048_576,
      legacy: 'accept',
      exposeToken: false,
      endStreamsAtExpiry: false,
    })
    expect(rules.floor.challenge).toEqual({})
    expect(rules.hasAnonymous).toBe(false)
  })

  it.each([
    [undefined, "The options are missing: pass { scope: 'notes:read' }."],
    [null, "The options must be an object { scope: 'notes:read' }, not null."],
    ['read', "The options must be an object { scope: 'notes:read' }, not a string."],
    [[], "The options must be an object { scope: 'notes:read' }, not an empty array."],
  ])('readOptions of %j reports %s', (options, problem) => {
    expect(problemsOf(options)).toEqual([problem])
  })

  it.each<[option: string, value: unknown, problem: string]>([
    ['bodyLimit', 0, 'bodyLimit must be a whole number from 1 to 67108864, not 0.'],
    ['bodyLimit', 67_108_865, 'bodyLimit must be a whole number from 1 to 67108864, not 67108865.'],
    ['bodyLimit', 1.5, 'bodyLimit must be a whole number from 1 to 67108864, not 1.5.'],
    ['bodyLimit', '1mb', 'bodyLimit must be a whole number from 1 to 67108864, not a string.'],
    ['bodyLimit', null, 'bodyLimit must be a whole number from 1 to 67108864, not null.'],
    ['legacy', 'reject', "legacy must be 'accept' or 'refuse'."],
    ['legacy', false, "legacy must be 'accept' or 'refuse', not a boolean."],
    ['exposeToken', 'yes', 'exposeToken must be true or false, not a string.'],
    ['endStreamsAtExpiry', 1, 'endStreamsAtExpiry must be true or false, not 1.'],
    ['unlisted', 'allow', UNLISTED],
    ['unlisted', null, UNLISTED],
    ['unlisted', true, UNLISTED],
    ['unlisted', [], UNLISTED],
    ['unlisted', { tools: 'allow' }, "unlisted.tools must be 'refuse' or 'floor'."],
    ['unlisted', { prompts: null }, "unlisted.prompts must be 'refuse' or 'floor'."],
    ['unlisted', { resources: 7 }, "unlisted.resources must be 'refuse' or 'floor'."],
    ['unlisted', { tool: 'floor' }, 'unlisted.tool is not an option. Did you mean tools?'],
    ['cors', 'yes', 'cors must be true, false or an object, not a string.'],
    ['cors', null, 'cors must be true, false or an object, not null.'],
    ['cors', [], 'cors must be true, false or an object, not an empty array.'],
    ['cors', { headers: 'x' }, 'cors.headers must be an array of header names, not a string.'],
    ['cors', { headers: null }, 'cors.headers must be an array of header names, not null.'],
    ['cors', { exposedHeaders: 7 }, 'cors.exposedHeaders must be an array of header names, not 7.'],
    ['cors', { maxAge: 86_401 }, 'cors.maxAge must be a whole number from 0 to 86400, not 86401.'],
    [
      'cors',
      { origins: ['https://app.example.com'] },
      'cors.origins is not an option. The options are: headers, exposedHeaders, maxAge.',
    ],
    [
      'cors',
      { methods: ['GET'] },
      'cors.methods is not an option. The options are: headers, exposedHeaders, maxAge.',
    ],
    ['cors', { header: ['x'] }, 'cors.header is not an option. Did you mean headers?'],
    ['origins', '*', ALL_ORIGINS],
    ['origins', null, `${NOT_ORIGINS}null.`],
    ['origins', 'https://app.example.com', `${NOT_ORIGINS}a string.`],
    ['origins', true, `${NOT_ORIGINS}a boolean.`],
    [
      'apiKeys',
      'X-Api-Key',
      "apiKeys must be an object such as { header: 'X-Api-Key', verify }, not a string.",
    ],
    ['tool', {}, 'tool is not an option. Did you mean tools?'],
    ['bodylimit', 1, 'bodylimit is not an option. Did you mean bodyLimit?'],
    ['scopes', 'read', 'scopes is not an option. Did you mean scope?'],
  ])('readOptions with %s: %j reports a problem', (option, value, problem) => {
    expect(problemsOf({ [option]: value })).toEqual([problem])
  })

  it('readOptions reports an origin that no browser sends', () => {
    for (const origin of ['https://app.example.com/', 'https://*.example.com', 'app', 7]) {
      const [problem, ...others] = problemsOf({ origins: ['https://a.example.com', origin] })
      expect(problem?.startsWith(NOT_ORIGINS)).toBe(true)
      expect(others).toEqual([])
    }
  })

  it('readOptions requires origins if the server has no resource', () => {
    expect(problemsOf({}, withoutResource)).toEqual([MISSING_ORIGINS])
    expect(problemsOf({ origins: undefined }, withoutResource)).toEqual([MISSING_ORIGINS])
    expect(problemsOf({ cors: true }, withoutResource)).toEqual([MISSING_ORIGINS])
    for (const origins of [[], ['https://app.example.com'], () => true])
      expect(problemsOf({ origins }, withoutResource)).toEqual([])
  })

  it('readOptions reports cors without origins', () => {
    for (const cors of [true, {}, { maxAge: 1 }])
      expect(problemsOf({ origins: [], cors })).toEqual([CORS_WITHOUT_ORIGINS])
    expect(problemsOf({ origins: [], cors: false })).toEqual([])
    expect(problemsOf({ cors: true })).toEqual([])
    expect(problemsOf({ origins: '*', cors: true })).toEqual([ALL_ORIGINS])
  })

  it('readOptions adds the headers of the protocol and of the application to the response to a preflight request', () => {
    const preflight = (cors: boolean | object) =>
      readOptions({ cors }, tools).cors?.({
        method: 'OPTIONS',
        url: '/mcp',
        headers: {
          origin: 'https://notes.example.com',
          'access-control-request-method': 'POST',
        },
      })
    const usual =
      'Authorization, Content-Type, DPoP, MCP-Protocol-Version, Mcp-Method, Mcp-Name, Mcp-Session-Id, Last-Event-ID'
    expect(preflight(false)).toBeUndefined()
    expect(preflight(true)).toMatchObject({
      status: 204,
      headers: {
        'Access-Control-Allow-Origin': 'https://notes.example.com',
        'Access-Control-Allow-Headers': usual,
        'Access-Control-Allow-Methods': 'GET, POST, DELETE',
        'Access-Control-Max-Age': '7200',
      },
    })
    expect(preflight({ headers: ['Mcp-Param-Region'], maxAge: 0 })).toMatchObject({
      headers: {
        'Access-Control-Allow-Headers': `${usual}, Mcp-Param-Region`,
        'Access-Control-Max-Age': '0',
      },
    })
  })

  it('readOptions reports the place of each problem with the requirements of an operation', () => {
    const options = {
      scope: 7,
      tools: { purge: { scopes: 'a' }, 'a "b"': { subject: 'robot' }, list: undefined },
      prompts: { greet: 'read' },
      resources: { 'notes://a': { scope: '' } },
      methods: { 'tools/list': { acr: 'a b' }, ping: 'anon' },
    }
    expect(problemsOf(options)).toEqual([
      'tools["purge"]: scopes is not a requirement. Did you mean scope?',
      'tools["a \\"b\\""]: subject must be \'machine\' or \'user\'.',
      'tools["list"] must be an object with requirements such as { scope: \'notes:write\' }, not undefined.',
      'prompts["greet"] must be an object with requirements such as { scope: \'notes:write\' }, not a string.',
      'resources["notes://a"]: scope must be a string or an array with at least one scope, or { any: [...] }. If no scope is required, remove scope.',
      'scope must be a string or an array with at least one scope, or { any: [...] }. If no scope is required, remove scope.',
      'methods["tools/list"]: acr must be a text or an array of texts such as [\'urn:example:mfa\'], without spaces, equals signs, quotes and backslashes.',
      'methods["ping"] must be an object with requirements such as { scope: \'notes:write\' }, not a string.',
    ])
  })

  it.each(['tools', 'prompts', 'resources', 'methods'])(
    'readOptions reports that %s must be an object',
    (option) => {
      for (const [value, found] of [
        [null, 'null'],
        [['list'], 'an array'],
        ['list', 'a string'],
        [() => ({}), 'a function'],
      ] as const) {
        expect(problemsOf({ [option]: value })).toEqual([
          `${option} must be an object with names as keys and requirements as values, not ${found}.`,
        ])
      }
    },
  )

  it('readOptions refuses the requirement optional everywhere, even with the value false', () => {
    const advice =
      "cannot have the requirement optional. If a method needs no token, set its value in the option methods to 'anonymous'."
    for (const optional of [true, false, undefined]) {
      expect(problemsOf({ optional })).toEqual([`The guard ${advice}`])
      for (const option of ['tools', 'prompts', 'resources', 'methods'])
        expect(problemsOf({ [option]: { a: { optional } } })).toEqual([`${option}["a"] ${advice}`])
    }
  })

  it.each([
    'tools/call',
    'prompts/get',
    'resources/read',
    'resources/subscribe',
    'completion/complete',
    'subscriptions/listen',
  ])('readOptions refuses the method %s for anonymous callers', (name) => {
    expect(problemsOf({ methods: { [name]: 'anonymous' } })).toEqual([
      `methods["${name}"] cannot be 'anonymous': this method runs tools, or reads prompts or resources. These always need a token.`,
    ])
    expect(problemsOf({ methods: { [name]: { scope: 'read' } } })).toEqual([])
  })

  it('readOptions refuses unlisted operations by default if tools, prompts or resources is set, and otherwise requires only the floor', () => {
    const scope = 'read'
    expect(scopeFor({ scope }, 'tool', 'a')).toBe('read')
    for (const option of ['tools', 'prompts', 'resources'] as const) {
      for (const kind of ['tool', 'prompt', 'resource'] as const) {
        expect(scopeFor({ scope, [option]: {} }, kind, 'a')).toBe('unlisted')
        expect(scopeFor({ scope, [option]: {}, unlisted: 'floor' }, kind, 'a')).toBe('read')
        expect(scopeFor({ scope, unlisted: 'refuse' }, kind, 'a')).toBe('unlisted')
      }
    }
    expect(scopeFor({ scope, methods: {} }, 'tool', 'a')).toBe('read')
  })

  it('readOptions uses the option unlisted for the kinds that it contains, and the default for the other kinds', () => {
    const options = { scope: 'read', tools: {}, unlisted: { prompts: 'floor' } } as const
    expect(scopeFor(options, 'tool', 'a')).toBe('unlisted')
    expect(scopeFor(options, 'prompt', 'a')).toBe('read')
    expect(scopeFor(options, 'resource', 'a')).toBe('unlisted')
    const open = { scope: 'read', unlisted: { resources: 'refuse' } } as const
    expect(scopeFor(open, 'tool', 'a')).toBe('read')
    expect(scopeFor(open, 'resource', 'a')).toBe('unlisted')
  })

  it('readOptions names the operation in the description of its requirements', () => {
    const options = {
      scope: 'read',
      tools: { list: { scope: 'list' }, all: { scope: 'list' } },
      methods: { 'tools/call': { subject: 'user' } },
    } as const
    const { rules } = readOptions(options, tools)
    const describeFor = (name: string) => {
      const selection = rules.select([{ kind: 'tool', method: 'tools/call', name }])
      return selection.kind === 'requirements' && selection.requirements.describe()
    }
    const start = '{ scope: "read" } and methods["tools/call"] { subject: "user" } and'
    expect(describeFor('list')).toBe(`${start} tools["list"] { scope: "list" }`)
    expect(describeFor('all')).toBe(`${start} tools["all"] { scope: "list" }`)
  })

  it('readOptions accepts names of Object.prototype as names of operations', () => {
    const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty']
    const text = `{${names.map((name) => `"${name}":{"scope":"admin"}`).join()}}`
    const options = { scope: 'read', tools: JSON.parse(text) as McpGuardOptions['tools'] & object }
    for (const name of names) expect(scopeFor(options, 'tool', name)).toBe('read admin')
    for (const name of names)
      expect(scopeFor({ scope: 'read', tools: {} }, 'tool', name)).toBe('unlisted')
  })

  it('readOptions ignores members of Object.prototype', () => {
    const members = { exposeToken: true, unlisted: 'floor', tools: 7, origins: '*', optional: true }
    const options = { scope: 'read', prompts: { greet: {} } }
    const settings = withPollutedPrototype(members, () => readOptions(options, tools))
    expect(settings).toMatchObject({
      exposeToken: false,
      origins: ['https://notes.example.com'],
    })
    expect(
      settings.rules.select([{ kind: 'tool', method: 'tools/call', name: 'a' }]),
    ).toMatchObject({ kind: 'unlisted' })
  })

  it('readOptions keeps a copy of the options', () => {
    const origins = ['https://app.example.com']
    const list: Record<string, object> = { list: {} }
    const { rules, ...settings } = readOptions({ origins, tools: list }, tools)
    origins.push('https://evil.example')
    list['purge'] = {}
    expect(settings.origins).toEqual(['https://app.example.com'])
    expect(rules.select([{ kind: 'tool', method: 'tools/call', name: 'purge' }])).toMatchObject({
      kind: 'unlisted',
    })
  })

  it('readOptions lists the problems of all options in one error', () => {
    const options = {
      legacy: 1,
      apiKeys: 1,
      origins: '*',
      unlisted: 1,
      tools: 1,
      scope: 1,
      tool: 1,
    }
    expect(problemsOf(options)).toHaveLength(7)
    expect(() => readOptions(options, tools)).toThrow('The options of createMcpGuard are wrong')
  })

  it('readOptions reads exactly the options of McpGuardOptions', () => {
    const all: Record<
      Exclude<
        keyof McpGuardOptions,
        | 'acr'
        | 'authorizationDetails'
        | 'bound'
        | 'check'
        | 'claims'
        | 'clients'
        | 'introspect'
        | 'issuer'
        | 'maxAuthAge'
        | 'scope'
        | 'subject'
      >,
      0
    > = {
      tools: 0,
      prompts: 0,
      resources: 0,
      methods: 0,
      unlisted: 0,
      apiKeys: 0,
      origins: 0,
      cors: 0,
      bodyLimit: 0,
      legacy: 0,
      exposeToken: 0,
      endStreamsAtExpiry: 0,
    }
    const read = [...Object.keys(SIMPLE_OPTIONS), ...OTHER_OPTIONS]
    expect(read.sort()).toEqual(Object.keys(all).sort())
  })
})
