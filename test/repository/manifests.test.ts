import { describe, expect, it } from 'vitest'
import { filesBelow, PACKAGES, read, readManifest } from './files.ts'

const MANIFESTS = filesBelow('.').filter((path) => /(?:^|\/)package\.json$/.test(path))
const EXACT = /^(?:npm:(?:@[\w.-]+\/)?[\w.-]+@)?\d+\.\d+\.\d+(?:-[\w.]+)?$/
const WORKSPACE_VERSIONS = ['workspace:^', 'workspace:*']

describe('manifests', () => {
  it.each(MANIFESTS)(
    '%s has exact versions of all dependencies and devDependencies outside the workspace',
    (path) => {
      const { dependencies = {}, devDependencies = {} } = readManifest(path)
      const loose = Object.entries({ ...dependencies, ...devDependencies }).filter(
        ([, version]) => !WORKSPACE_VERSIONS.includes(version) && !EXACT.test(version),
      )
      expect(loose).toEqual([])
    },
  )

  it('a dependency has the same version in all manifests of the workspace', () => {
    const versions = new Map<string, Set<string>>()
    // The site is not part of the workspace, because TypeDoc needs an older TypeScript.
    for (const path of MANIFESTS.filter((manifest) => manifest !== 'docs/package.json')) {
      const { dependencies = {}, devDependencies = {} } = readManifest(path)
      for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
        if (WORKSPACE_VERSIONS.includes(version)) continue
        versions.set(name, (versions.get(name) ?? new Set()).add(version))
      }
    }
    const differing = [...versions].filter(([, found]) => found.size > 1)
    expect(differing).toEqual([])
    expect(versions.size).toBeGreaterThan(10)
  })

  // These packages use internal modules of the core, which can change in any version.
  it.each(['client', 'mcp', 'redis'])(
    '@bearward/%s depends on the core by workspace:*, which is published as the exact version',
    (name) => {
      const { dependencies = {} } = readManifest(`packages/${name}/package.json`)
      expect(dependencies['@bearward/core']).toBe('workspace:*')
    },
  )

  it.each(PACKAGES)('@bearward/%s supports the same versions of Node as the repository', (name) => {
    const { engines } = readManifest(`packages/${name}/package.json`)
    expect(engines).toEqual(readManifest('package.json').engines)
    expect(engines).toBeDefined()
  })

  it('the script setup runs the version of the package manager in package.json', () => {
    const { packageManager, scripts = {} } = readManifest('package.json')
    expect(packageManager).toMatch(/^pnpm@\d+\.\d+\.\d+$/)
    expect(scripts['setup']).toContain(`npx -y ${packageManager} install --frozen-lockfile`)
  })
})

describe('the documentation', () => {
  const GUIDES = filesBelow('.').filter((path) => /(?:^|\/)(?:README|CONTRIBUTING)\.md$/.test(path))
  const COMMAND = /\bnpm (?:run (?:-s |--silent )?([\w:-]+)|(test)\b)/g

  it('README.md exists in the root and in each package, and CONTRIBUTING.md in the root', () => {
    const expected = [
      'README.md',
      'CONTRIBUTING.md',
      ...PACKAGES.map((p) => `packages/${p}/README.md`),
    ]
    expect(GUIDES).toEqual(expect.arrayContaining(expected))
  })

  it('README.md and CONTRIBUTING.md name only npm scripts that exist', () => {
    const scripts = Object.keys(readManifest('package.json').scripts ?? {})
    const named = GUIDES.flatMap((path) =>
      [...read(path).matchAll(COMMAND)].map(([, run, test]) => run ?? test!),
    )
    expect(named.filter((name) => !scripts.includes(name))).toEqual([])
    expect(named).toContain('demo')
    expect(named).toContain('test')
  })
})
