import { describe, expect, it } from 'vitest'
import {
  ADAPTERS,
  filesBelow,
  getFramework,
  importsOf,
  PACKAGES,
  read,
  readManifest,
} from './files.ts'

const sourcesOf = (name: string) => filesBelow(`packages/${name}/src`)

describe('every file', () => {
  it('holds printable ASCII and line feeds, so that nothing looks like what it is not', () => {
    const strange = filesBelow('.').flatMap((path) =>
      read(path)
        .split('\n')
        .map((line, i) => [`${path}:${i + 1}`, line] as const)
        .filter(([, line]) => !/^[\x20-\x7E]*$/.test(line))
        .map(([at]) => at),
    )
    expect(strange).toEqual([])
  })
})

describe('a package', () => {
  it.each(PACKAGES)('%s imports only what its manifest names', (name) => {
    const { dependencies = {}, peerDependencies = {} } = readManifest(
      `packages/${name}/package.json`,
    )
    const named = [...Object.keys(dependencies), ...Object.keys(peerDependencies)]
    const others = sourcesOf(name)
      .flatMap((path) => importsOf(read(path)))
      .map(({ specifier }) => specifier)
      .filter((specifier) => !/^(?:\.|#|node:)/.test(specifier))
      // Of `@scope/name/entry` the package is what a manifest names.
      .map((specifier) => /^(?:@[^/]+\/)?[^/]+/.exec(specifier)![0])
    expect(others.filter((specifier) => !named.includes(specifier))).toEqual([])
    expect(others).not.toEqual([])
  })

  it.each(PACKAGES)('%s reaches Node only where that is said', (name) => {
    const mayReachNode = /\/(?:node-[\w-]+|signature\/der)\.ts$/
    const reaching = sourcesOf(name).filter((path) =>
      importsOf(read(path)).some(({ specifier }) => specifier.startsWith('node:')),
    )
    expect(reaching.filter((path) => !mayReachNode.test(path))).toEqual([])
  })
})

describe('an adapter', () => {
  /** The tools that a framework's own documentation tells plugins to be made with. */
  const TOOLS: Record<string, readonly string[]> = { fastify: ['fastify-plugin'] }

  /** Lines that are neither empty nor part of a comment. */
  const linesOfCode = (path: string) =>
    read(path)
      .split('\n')
      .filter((line) => !/^\s*(?:\/\/|\/?\*|$)/.test(line)).length

  it.each(ADAPTERS)('%s is thin: at most 60 lines of code a file', (name) => {
    const long = sourcesOf(name).filter((path) => linesOfCode(path) > 60)
    expect(long).toEqual([])
  })

  it.each(ADAPTERS)('%s knows the public core, its framework, and nothing else', (name) => {
    const { module } = getFramework(name)
    const known = ['@bearward/core', '@bearward/core/adapter', module, ...(TOOLS[name] ?? [])]
    const imported = sourcesOf(name)
      .flatMap((path) => importsOf(read(path)))
      .map(({ specifier }) => specifier)
      .filter((specifier) => !specifier.startsWith('.'))
    expect(new Set(imported)).toEqual(new Set(known))
  })
})
