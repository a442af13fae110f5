import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { REASONS } from '@bearward/core'
import { describe, expect, it } from 'vitest'
import { FRAMEWORKS } from '../frameworks.ts'
import { REASON_CASES } from '../mcp/reasons.ts'
import { ADAPTERS, getFramework, readManifest } from '../repository/files.ts'
import { CASES } from './cases.ts'
import { toTitle } from './contract-case.ts'
import { MANIFEST, OTHER_SUBJECTS, SERIES } from './manifest.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const HERE = join('test', 'contract')
const PACKAGES = readdirSync(join(ROOT, 'packages'))

const ID = String.raw`(?:\d{4}(?:bis)?|21|MCP|FAPI(?:-[A-Z]+)?)-\d\d`
/** A string that is a list of ids, or that begins with one, like the title of a test. */
const CITATION = new RegExp(String.raw`(['"\`])(${ID}(?:, ${ID})*)(?:\1|: )`, 'g')

describe('the manifest', () => {
  const cited = findCitedIds()
  const getIds = (standing: string) =>
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
      certificates: 15,
      resourceMetadata: 22,
      stepUp: 12,
      resourceIndicators: 2,
      dpop: 61,
      mcp: 32,
    }),
  )('the manifest numbers the lines of %s without a gap', (name, count) => {
    const numbers = SERIES[name]!.map(({ id }) => Number(id.slice(-2)))
    expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i + 1))
  })

  it('the manifest has a reason for every line that is a deviation or excluded, and for no other line', () => {
    const unexplained = MANIFEST.filter(
      ({ standing, reason = '' }) => (standing === 'tested') !== (reason === ''),
    )
    expect(unexplained).toEqual([])
  })

  it('a test cites every line of the manifest that is tested or a deviation', () => {
    const untested = [...getIds('tested'), ...getIds('deviation')].filter((id) => !cited.has(id))
    expect(untested).toEqual([])
  })

  it('the manifest excludes only lines that no test cites', () => {
    expect(getIds('excluded').filter((id) => cited.has(id))).toEqual([])
  })

  it('the manifest contains every line that a test cites', () => {
    const known = new Set(MANIFEST.map(({ id }) => id))
    const isKnown = (id: string) =>
      known.has(id) || OTHER_SUBJECTS.some((prefix) => id.startsWith(prefix))
    expect([...cited].filter((id) => !isKnown(id))).toEqual([])
  })
})

describe('the contract', () => {
  it('every case of the contract has its own title', () => {
    const titles = CASES.map((one) => toTitle(one))
    expect(titles.filter((title, i) => titles.indexOf(title) !== i)).toEqual([])
  })

  it('the contract or the tests of the MCP guard have a case for every reason of a refusal', () => {
    const reasons = CASES.flatMap(({ outcome }) =>
      outcome.kind === 'refused' ? outcome.reason : [],
    )
    const all = [...reasons, ...REASON_CASES.map(({ reason }) => reason)]
    expect([...new Set(all)].sort()).toEqual(Object.keys(REASONS).sort())
  })

  it('the contract runs for every adapter, with every major version of its framework', () => {
    const supported = ADAPTERS.flatMap((adapter) => listMajors(adapter))
    const entries = FRAMEWORKS.flatMap(({ adapter, module }) =>
      adapter === undefined || module === undefined
        ? []
        : `${adapter} ${getVersion(adapter, module)}`,
    )
    expect([...entries].sort()).toEqual([...supported].sort())
    expect(entries).not.toEqual([])
  })

  it('every entry of FRAMEWORKS for a supported framework has the name of its adapter', () => {
    const unpublished = FRAMEWORKS.filter(({ adapter }) => adapter === undefined)
    const published = unpublished.filter(({ module }) =>
      ADAPTERS.some((adapter) => getVersion(adapter, module!) !== undefined),
    )
    expect(published.map(({ name }) => name)).toEqual([])
  })
})

/** Returns every id that a test cites, in the table of cases or in the text of a file. */
function findCitedIds(): ReadonlySet<string> {
  const folders = ['test', ...PACKAGES.map((name) => join('packages', name, 'test'))]
  const files = folders
    .flatMap((folder) => listSources(folder))
    .filter((file) => !isManifestFile(file))
  const texts = files.map((file) => readFileSync(join(ROOT, file), 'utf8'))
  const inTexts = texts.flatMap((text) =>
    [...text.matchAll(CITATION)].flatMap(([, , ids]) => ids!.split(', ')),
  )
  return new Set([...inTexts, ...CASES.flatMap(({ ids }) => ids)])
}

/** Returns whether a file is a part of the manifest or of the cases. The ids of cases are read from the table. */
function isManifestFile(file: string): boolean {
  return ['manifest', 'cases'].some((name) => file.startsWith(join(HERE, name)))
}

function listSources(folder: string): readonly string[] {
  const entries = readdirSync(join(ROOT, folder), { withFileTypes: true })
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : listSources(path)
    return entry.name.endsWith('.ts') ? [path] : []
  })
}

/** Returns the major versions of its framework that an adapter supports, from its peer dependencies. */
function listMajors(adapter: string): readonly string[] {
  const { range } = getFramework(adapter)
  return [...range.matchAll(/\^(\d+)/g)].map(([, major]) => `${adapter} ${major}`)
}

/** Returns the major version of a dev dependency of an adapter. `express4` is an alias with its own version. */
function getVersion(adapter: string, module: string): string | undefined {
  const { devDependencies = {} } = readManifest(`packages/${adapter}/package.json`)
  return /(\d+)\.\d+\.\d+$/.exec(devDependencies[module] ?? '')?.[1]
}
