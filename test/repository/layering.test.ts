import { posix } from 'node:path'
import { describe, expect, it } from 'vitest'
import { filesBelow, importsOf, read } from './files.ts'

/**
 * The core from top to bottom: the public API, what assembles the parts, the way of a request step by
 * step, and the ground that everything stands on. A module imports from its own folder and from lines
 * below it, never from a line above. `import type` counts.
 */
const LAYERS = [
  'index',
  'internal',
  'adapter',
  'resource-server-from-env',
  'resource-server',
  'options',
  'log',
  'events',
  'issuers',

  'request',
  'advice',
  'token',
  'binding',
  'authorization',
  'keys',
  'authorization-server',

  'model',
  'response',
  'subject',
  'signature',
  'configuration-problems',
  'errors',
  'limits',
  'lib',
]

const SOURCES = 'packages/core/src'

/** Where the names lead that the manifest resolves by runtime. */
const BY_RUNTIME: Record<string, string> = {
  '#base64url': `${SOURCES}/lib/node-base64url.ts`,
  '#sha256': `${SOURCES}/lib/node-sha256.ts`,
  '#async-context': `${SOURCES}/lib/node-async-context.ts`,
  '#diagnostics-channel': `${SOURCES}/lib/node-diagnostics-channel.ts`,
  '#signature-engine': `${SOURCES}/signature/node-engine.ts`,
}

/** The folder at the top that a module belongs to, or its own name where it stands at the top. */
const layerOf = (path: string) => posix.relative(SOURCES, path).split('/')[0]!.replace(/\.ts$/, '')

const modules = filesBelow(SOURCES)
const imports = modules.flatMap((from) =>
  importsOf(read(from))
    .filter(({ specifier }) => /^[.#]/.test(specifier))
    .map(({ specifier }) => ({
      from,
      to: BY_RUNTIME[specifier] ?? posix.join(posix.dirname(from), specifier),
    })),
)

describe('the layers of the core', () => {
  it('list every folder and every module at the top, once', () => {
    expect([...LAYERS].sort()).toEqual([...new Set(modules.map(layerOf))].sort())
  })

  it('import from lower layers only, types included', () => {
    const upwards = imports.filter(({ from, to }) => {
      const [upper, lower] = [layerOf(from), layerOf(to)]
      return upper !== lower && LAYERS.indexOf(upper) >= LAYERS.indexOf(lower)
    })
    expect(upwards.map(({ from, to }) => `${from} imports ${to}`)).toEqual([])
    expect(imports.length).toBeGreaterThan(300)
  })

  it('have no cycle of modules, types included', () => {
    const targets = new Map(modules.map((path) => [path, new Set<string>()]))
    for (const { from, to } of imports) targets.get(from)!.add(to)
    // A module without imports is in no cycle, and nor is one that imports only such modules.
    for (let removed = true; removed;) {
      removed = false
      for (const [path, imported] of targets) {
        if ([...imported].some((target) => targets.has(target))) continue
        targets.delete(path)
        removed = true
      }
    }
    expect([...targets.keys()]).toEqual([])
  })
})

describe('the names of the core and the client', () => {
  const sources = [...modules, ...filesBelow('packages/client/src')]
  const repeated = (names: readonly string[]) =>
    names.filter((name, i) => names.indexOf(name) !== i).sort()

  it('have no type twice', () => {
    const DECLARED = /^(?:export )?(?:declare )?(?:abstract )?(?:interface|type|class) (\w+)/gm
    const types = sources.flatMap((path) =>
      [...read(path).matchAll(DECLARED)].map(([, name]) => name!),
    )
    expect(repeated(types)).toEqual([])
    expect(types.length).toBeGreaterThan(150)
  })

  it('have no file twice in a package', () => {
    for (const name of ['core', 'client']) {
      const files = filesBelow(`packages/${name}/src`).map((path) => posix.basename(path))
      expect(repeated(files)).toEqual([])
    }
  })
})
