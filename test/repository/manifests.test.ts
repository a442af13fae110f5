import { describe, expect, it } from 'vitest'
import { filesBelow, PACKAGES, read, readManifest } from './files.ts'

const MANIFESTS = filesBelow('.').filter((path) => /(?:^|\/)package\.json$/.test(path))
const EXACT = /^(?:npm:(?:@[\w.-]+\/)?[\w.-]+@)?\d+\.\d+\.\d+$/
const OF_THE_WORKSPACE = ['workspace:^', 'workspace:*']

describe('manifests', () => {
  it.each(MANIFESTS)('%s pins what is installed exactly', (path) => {
    const { dependencies = {}, devDependencies = {} } = readManifest(path)
    const loose = Object.entries({ ...dependencies, ...devDependencies }).filter(
      ([, version]) => !OF_THE_WORKSPACE.includes(version) && !EXACT.test(version),
    )
    expect(loose).toEqual([])
  })

  it('agree about each version', () => {
    const versions = new Map<string, Set<string>>()
    for (const path of MANIFESTS) {
      const { dependencies = {}, devDependencies = {} } = readManifest(path)
      for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
        if (OF_THE_WORKSPACE.includes(version)) continue
        versions.set(name, (versions.get(name) ?? new Set()).add(version))
      }
    }
    const differing = [...versions].filter(([, of]) => of.size > 1)
    expect(differing).toEqual([])
    expect(versions.size).toBeGreaterThan(10)
  })

  it('bind the client to its own version of the core: what it uses of that is no public API', () => {
    const { dependencies = {} } = readManifest('packages/client/package.json')
    expect(dependencies['@bearward/core']).toBe('workspace:*')
  })

  it.each(PACKAGES)('%s supports the versions of Node that the repository does', (name) => {
    const { engines } = readManifest(`packages/${name}/package.json`)
    expect(engines).toEqual(readManifest('package.json').engines)
    expect(engines).toBeDefined()
  })

  it('start the package manager that they name', () => {
    const { packageManager, scripts = {} } = readManifest('package.json')
    expect(packageManager).toMatch(/^pnpm@\d+\.\d+\.\d+$/)
    expect(scripts['setup']).toContain(`npx -y ${packageManager} install --frozen-lockfile`)
  })
})

describe('the documentation', () => {
  const GUIDES = filesBelow('.').filter((path) => /(?:^|\/)(?:README|CONTRIBUTING)\.md$/.test(path))
  const COMMAND = /\bnpm (?:run (?:-s |--silent )?([\w:-]+)|(test)\b)/g

  it('has a README in every package, and a guide for contributors', () => {
    const expected = [
      'README.md',
      'CONTRIBUTING.md',
      ...PACKAGES.map((p) => `packages/${p}/README.md`),
    ]
    expect(GUIDES).toEqual(expect.arrayContaining(expected))
  })

  it('names only commands that exist', () => {
    const scripts = Object.keys(readManifest('package.json').scripts ?? {})
    const named = GUIDES.flatMap((path) =>
      [...read(path).matchAll(COMMAND)].map(([, run, test]) => run ?? test!),
    )
    expect(named.filter((name) => !scripts.includes(name))).toEqual([])
    expect(named).toContain('demo')
    expect(named).toContain('test')
  })
})
