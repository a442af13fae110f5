import { posix } from 'node:path'
import { describe, expect, it } from 'vitest'
import { filesBelow, readImports, read } from './files.ts'

/**
 * Layers of the core from top to bottom. There are three groups: first the public API with the modules that assemble the parts,
 * then the steps of a request, then basic modules. A module imports only from its own layer and from lower layers.
 * `import type` counts as an import.
 */
const LAYERS = [
  'index',
  'internal',
  'internal-guards',
  'guard-parts',
  'check-replay-store',
  'adapter',
  'adapter-bearward',
  'adapter-parts',
  'adapter-handler',
  'adapter-definition',
  'runtime',
  'resource-server-from-env',
  'create-resource-server',
  'create-server',
  'server-base',
  'resource-server',
  'create-cors',
  'options',
  'log',
  'events',
  'issuers',
  'protected-resource-metadata',

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

/** Modules for Node by import name. The manifest resolves these names by runtime. */
const BY_RUNTIME: Record<string, string> = {
  '#base64url': `${SOURCES}/lib/node-base64url.ts`,
  '#fetch': `${SOURCES}/authorization-server/node-fetch.ts`,
  '#sha256': `${SOURCES}/lib/node-sha256.ts`,
  '#async-context': `${SOURCES}/lib/node-async-context.ts`,
  '#diagnostics-channel': `${SOURCES}/lib/node-diagnostics-channel.ts`,
  '#signature-engine': `${SOURCES}/signature/node-engine.ts`,
}

/** Returns the layer of a module: its folder directly below `src`, or its own name. */
const getLayer = (path: string) => posix.relative(SOURCES, path).split('/')[0]!.replace(/\.ts$/, '')

const modules = filesBelow(SOURCES)
const imports = modules.flatMap((from) =>
  readImports(read(from))
    .filter(({ specifier }) => /^[.#]/.test(specifier))
    .map(({ specifier }) => ({
      from,
      to: BY_RUNTIME[specifier] ?? posix.join(posix.dirname(from), specifier),
    })),
)

describe('the layers of the core', () => {
  it('LAYERS contains each folder and each module directly below packages/core/src once', () => {
    expect([...LAYERS].sort()).toEqual([...new Set(modules.map(getLayer))].sort())
  })

  it('the modules of the core import values and types only from their own layer and from lower layers', () => {
    const upwards = imports.filter(({ from, to }) => {
      const [upper, lower] = [getLayer(from), getLayer(to)]
      return upper !== lower && LAYERS.indexOf(upper) >= LAYERS.indexOf(lower)
    })
    expect(upwards.map(({ from, to }) => `${from} imports ${to}`)).toEqual([])
    expect(imports.length).toBeGreaterThan(300)
  })

  it('the imports of the core, including imports of types, have no cycles', () => {
    const targets = new Map(modules.map((path) => [path, new Set<string>()]))
    for (const { from, to } of imports) targets.get(from)!.add(to)
    // A module without imports cannot be in a cycle. Remove such modules until only cycles remain.
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

  it('a type name is declared only once in the core and the client', () => {
    const DECLARED = /^(?:export )?(?:declare )?(?:abstract )?(?:interface|type|class) (\w+)/gm
    const types = sources.flatMap((path) =>
      [...read(path).matchAll(DECLARED)].map(([, name]) => name!),
    )
    expect(repeated(types)).toEqual([])
    expect(types.length).toBeGreaterThan(150)
  })

  it('a file name exists only once in the core and only once in the client', () => {
    for (const name of ['core', 'client']) {
      const files = filesBelow(`packages/${name}/src`).map((path) => posix.basename(path))
      expect(repeated(files)).toEqual([])
    }
  })
})
