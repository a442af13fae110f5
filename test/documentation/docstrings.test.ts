import { describe, expect, it } from 'vitest'
import { ADVICE } from '../../packages/core/src/advice/find-advice.ts'
import { filesBelow, read } from '../repository/files.ts'
import { compileSnippets } from './snippets.ts'

/** A declaration with its docstring. */
interface Documented {
  readonly name: string
  readonly path: string
  readonly docstring: string
}

const PACKAGES = ['core', 'client', 'express', 'koa', 'fastify', 'fetch', 'mcp', 'redis']
/** Functions and methods that users call, by package. The docstring of each one has an example. */
const CALLED: Readonly<Record<string, readonly string[]>> = {
  core: [
    'createResourceServer',
    'resourceServerFromEnv',
    'optionsFromEnv',
    'defineAdapter',
    'defineRequireToken',
    'defineSmallAdapter',
    'guard',
    'authorize',
    'verify',
    'ready',
    'status',
    'distrustKey',
    'forgetIssuer',
    'getToken',
    'classifySubject',
    'subjectKey',
    'callNext',
    'pending',
    'checkReplayStore',
  ],
  client: ['clientCredentials', 'getToken', 'invalidate', 'fetch', 'counters', 'close'],
  express: ['createBearward', 'requireToken', 'auth'],
  koa: ['createBearward', 'requireToken', 'auth'],
  fastify: ['createBearward', 'requireToken', 'auth', 'plugin'],
  fetch: ['createBearward', 'requireToken', 'auth', 'protect', 'metadata', 'cors', 'toResponse'],
  mcp: [
    'createMcpGuard',
    'protect',
    'guard',
    'route',
    'may',
    'authInfo',
    'verifier',
    'getAccessToken',
    'toReadableRequest',
    'verify',
  ],
  redis: ['redisReplay', 'fromNodeRedis', 'fromIoredis', 'fromGlide'],
}

const sourcesOf = (name: string) => filesBelow(`packages/${name}/src`)

/** Returns every declaration and every member with a docstring in front of it. */
function readDocstrings(path: string): Documented[] {
  const DOCUMENTED =
    /\/\*\*((?:(?!\*\/)[^])*)\*\/\s*(?:export )?(?:declare )?(?:async )?(?:readonly |function |const |interface |type |class )*(?:\{ )?(\w+)/g
  return [...read(path).matchAll(DOCUMENTED)].map(([, docstring, name]) => ({
    name: name!,
    path,
    docstring: docstring!.replaceAll(/^\s*\* ?/gm, ''),
  }))
}

/** Returns the code of the first example, which may be fenced. */
function getExample(docstring: string): string | undefined {
  const example = /@example\n([^]*?)(?=\n@|$)/.exec(docstring)?.[1]
  return example === undefined ? undefined : (/```\w*\n([^]*?)```/.exec(example)?.[1] ?? example)
}

describe('docstrings', () => {
  it.each(PACKAGES)('the docstrings of %s have an example for each name in CALLED', (name) => {
    const documented = sourcesOf(name).flatMap(readDocstrings)
    const withExample = documented
      .filter(({ docstring }) => getExample(docstring) !== undefined)
      .map((each) => each.name)
    expect(CALLED[name]!.filter((called) => !withExample.includes(called))).toEqual([])
  })

  it('the docstring of each event has an example that compiles', async () => {
    const events = ['core', 'client']
      .flatMap((name) => sourcesOf(name).map((path) => ({ name, path })))
      .flatMap(({ name, path }) =>
        [...read(path).matchAll(/^export interface (\w+Event)\b/gm)].map(([, event]) => {
          const found = readDocstrings(path).find((documented) => documented.name === event)
          return { event: event!, name, example: getExample(found?.docstring ?? '') }
        }),
      )
    expect(events.length).toBeGreaterThan(20)
    expect(events.filter(({ example }) => example === undefined).map(({ event }) => event)).toEqual(
      [],
    )
    const snippets = events.map(({ event, name, example }) => [
      event,
      `import type { ${event} } from '@bearward/${name}'\n\nexport const event: ${event} = ${example!}\n`,
    ])
    expect(
      await compileSnippets('event-types', Object.fromEntries(snippets) as Record<string, string>),
    ).toBe('')
  })

  it('the claims in the advice of refusals compile', async () => {
    const all = JSON.stringify(ADVICE).match(/(?<=claims: )\[\{.*?\}\]/g)!
    expect(all).toHaveLength(1)
    const snippets = all.map((claims, index) => [
      `claims-${index}`,
      `import type { Requirements } from '@bearward/core'\n\nexport const claims: Requirements['claims'] = ${claims}\n`,
    ])
    const modules = Object.fromEntries(snippets) as Record<string, string>
    expect(await compileSnippets('advice', modules)).toBe('')
  })

  it('the docstring of each optional option has a @default', () => {
    const options = ['core/src/options', 'client/src', 'mcp/src', 'redis/src'].flatMap((folder) =>
      filesBelow(`packages/${folder}`).filter((path) => path.endsWith('options.ts')),
    )
    options.push('packages/core/src/token/api-key-token.ts')
    const silent = options.flatMap((path) =>
      [...read(path).matchAll(/(\/\*\*(?:(?!\*\/)[^])*\*\/)?\n\s*readonly (\w+)\?:(?! never)/g)]
        .filter(([, docstring]) => docstring?.includes('@default') !== true)
        .map(([, , option]) => `${path}: ${option}`),
    )
    expect(silent).toEqual([])
  })
})
