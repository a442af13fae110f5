import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { REASONS } from '@bearward/core'
import { describe, expect, it } from 'vitest'
import { FRAMEWORKS } from '../frameworks.ts'
import { ADAPTERS, getFramework, readManifest } from '../repository/files.ts'
import { CASES } from './cases.ts'
import { titleOf } from './contract-case.ts'
import { MANIFEST, OTHER_SUBJECTS, SERIES } from './manifest.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const HERE = join('test', 'contract')
const PACKAGES = readdirSync(join(ROOT, 'packages'))

const ID = String.raw`(?:\d{4}(?:bis)?|21|MCP|FAPI(?:-[A-Z]+)?)-\d\d`
/** A text that is a list of ids, or that begins with one as the title of a test does. */
const CITATION = new RegExp(String.raw`(['"\`])(${ID}(?:, ${ID})*)(?:\1|: )`, 'g')

describe('the manifest', () => {
  const cited = citedIds()
  const idsOf = (standing: string) =>
    MANIFEST.filter((line) => line.standing === standing).map(({ id }) => id)

  it.each(
    Object.entries({
      bearer: 32,
      oauth21: 5,
      introspection: 35,
      signedIntrospection: 13,
      accessTokens: 23,
      bestPractice: 22,
      jose: 52,
    }),
  )('has the lines of %s without a gap', (name, count) => {
    const numbers = SERIES[name]!.map(({ id }) => Number(id.slice(-2)))
    expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i + 1))
  })

  it('gives a reason for every line that it does not hold to', () => {
    const unexplained = MANIFEST.filter(
      ({ standing, reason = '' }) => (standing === 'tested') !== (reason === ''),
    )
    expect(unexplained).toEqual([])
  })

  it('has a test for every line that it calls tested, or tested in part', () => {
    const untested = [...idsOf('tested'), ...idsOf('deviation')].filter((id) => !cited.has(id))
    expect(untested).toEqual([])
  })

  it('has no test for a line that it excludes', () => {
    expect(idsOf('excluded').filter((id) => cited.has(id))).toEqual([])
  })

  it('knows every line that a test cites', () => {
    const known = new Set(MANIFEST.map(({ id }) => id))
    const isKnown = (id: string) =>
      known.has(id) || OTHER_SUBJECTS.some((prefix) => id.startsWith(prefix))
    expect([...cited].filter((id) => !isKnown(id))).toEqual([])
  })
})

describe('the contract', () => {
  it('calls every case something else', () => {
    const titles = CASES.map(titleOf)
    expect(titles.filter((title, i) => titles.indexOf(title) !== i)).toEqual([])
  })

  it('has a case for every reason of a refusal', () => {
    const reasons = CASES.flatMap(({ outcome }) =>
      outcome.kind === 'refused' ? outcome.reason : [],
    )
    expect([...new Set(reasons)].sort()).toEqual(Object.keys(REASONS).sort())
  })

  it('runs for every adapter, with every major version of its framework', () => {
    const supported = ADAPTERS.flatMap((adapter) => listMajors(adapter))
    const entries = FRAMEWORKS.flatMap(({ adapter, module }) =>
      adapter === undefined ? [] : `${adapter} ${getVersion(adapter, module)}`,
    )
    expect([...entries].sort()).toEqual([...supported].sort())
    expect(entries).not.toEqual([])
  })

  it('has no entry without a package for a framework that a package supports', () => {
    const unpublished = FRAMEWORKS.filter(({ adapter }) => adapter === undefined)
    const published = unpublished.filter(({ module }) =>
      ADAPTERS.some((adapter) => getVersion(adapter, module) !== undefined),
    )
    expect(published.map(({ name }) => name)).toEqual([])
  })
})

/** Every id that a test cites: in the table, or in the text of a file. */
function citedIds(): ReadonlySet<string> {
  const folders = ['test', ...PACKAGES.map((name) => join('packages', name, 'test'))]
  const files = folders.flatMap((folder) => sourcesIn(folder)).filter((file) => !isOfManifest(file))
  const texts = files.map((file) => readFileSync(join(ROOT, file), 'utf8'))
  const inTexts = texts.flatMap((text) =>
    [...text.matchAll(CITATION)].flatMap(([, , ids]) => ids!.split(', ')),
  )
  return new Set([...inTexts, ...CASES.flatMap(({ ids }) => ids)])
}

/** The manifest cites nothing, and a case counts only where it stands in the table. */
function isOfManifest(file: string): boolean {
  return ['manifest', 'cases'].some((name) => file.startsWith(join(HERE, name)))
}

function sourcesIn(folder: string): readonly string[] {
  const entries = readdirSync(join(ROOT, folder), { withFileTypes: true })
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : sourcesIn(path)
    return entry.name.endsWith('.ts') ? [path] : []
  })
}

/** The major versions of its framework that an adapter supports, by its peer dependencies. */
function listMajors(adapter: string): readonly string[] {
  const { range } = getFramework(adapter)
  return [...range.matchAll(/\^(\d+)/g)].map(([, major]) => `${adapter} ${major}`)
}

/** The major version of a module that an adapter is developed with: `express4` is an alias of one. */
function getVersion(adapter: string, module: string): string | undefined {
  const { devDependencies = {} } = readManifest(`packages/${adapter}/package.json`)
  return /(\d+)\.\d+\.\d+$/.exec(devDependencies[module] ?? '')?.[1]
}
