import { describe, expect, it } from 'vitest'
import {
  ADAPTERS,
  filesBelow,
  getFramework,
  readImports,
  PACKAGES,
  read,
  readManifest,
} from './files.ts'

const getSources = (name: string) => filesBelow(`packages/${name}/src`)

describe('every file', () => {
  it('the files contain only printable ASCII and line feeds, so no character looks like another', () => {
    const faults = filesBelow('.').flatMap((path) =>
      read(path)
        .split('\n')
        .map((line, i) => [`${path}:${i + 1}`, line] as const)
        .filter(([, line]) => !/^[\x20-\x7E]*$/.test(line))
        .map(([at]) => at),
    )
    expect(faults).toEqual([])
  })
})

describe('a package', () => {
  it.each(PACKAGES)('@bearward/%s imports exactly the packages that its manifest names', (name) => {
    const { dependencies = {}, peerDependencies = {} } = readManifest(
      `packages/${name}/package.json`,
    )
    // TypeScript reads `@types/express` for an import of `express`.
    const named = [...Object.keys(dependencies), ...Object.keys(peerDependencies)].filter(
      (each) => !each.startsWith('@types/'),
    )
    const others = getSources(name)
      .flatMap((path) => readImports(read(path)))
      .map(({ specifier }) => specifier)
      .filter((specifier) => !/^(?:\.|#|node:)/.test(specifier))
      // A manifest names the package `@scope/name`, not the entry point `@scope/name/entry`.
      .map((specifier) => /^(?:@[^/]+\/)?[^/]+/.exec(specifier)![0])
    expect([...new Set(others)].sort()).toEqual(named.sort())
  })

  it.each(PACKAGES)(
    '@bearward/%s imports modules of Node only in node-*.ts and signature/der.ts',
    (name) => {
      const mayReachNode = /\/(?:node-[\w-]+|signature\/der)\.ts$/
      const reaching = getSources(name).filter((path) =>
        readImports(read(path)).some(({ specifier }) => specifier.startsWith('node:')),
      )
      expect(reaching.filter((path) => !mayReachNode.test(path))).toEqual([])
    },
  )
})

describe('an adapter', () => {
  /** Packages that the documentation of a framework recommends for plugins. */
  const TOOLS: Record<string, readonly string[]> = { fastify: ['fastify-plugin'] }

  /** Returns the number of lines that are not empty and not part of a comment. */
  const countLines = (path: string) =>
    read(path)
      .split('\n')
      .filter((line) => !/^\s*(?:\/\/|\/?\*|$)/.test(line)).length

  it.each(ADAPTERS)('@bearward/%s has at most 60 lines of code per file', (name) => {
    const long = getSources(name).filter((path) => countLines(path) > 60)
    expect(long).toEqual([])
  })

  it.each(ADAPTERS)(
    '@bearward/%s imports exactly the public core, its framework and the tools for plugins',
    (name) => {
      const { module } = getFramework(name)
      const known = ['@bearward/core', '@bearward/core/adapter', module, ...(TOOLS[name] ?? [])]
      const imported = getSources(name)
        .flatMap((path) => readImports(read(path)))
        .map(({ specifier }) => specifier)
        .filter((specifier) => !specifier.startsWith('.'))
      expect(new Set(imported)).toEqual(new Set(known))
    },
  )
})
