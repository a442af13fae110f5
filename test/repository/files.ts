import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** What is made by tools or installed by them, and so is nobody's writing. */
const NOT_OURS = ['node_modules', 'dist', 'coverage', '.git', '.runtimes', '.snippets', '.bench']
const MADE_BY_TOOLS = /(?:^|\/)(?:package-lock\.json|[^/]*\.(?:tsbuildinfo|log))$/

/** The paths of all files below a directory of the repository, relative to the repository. */
export function filesBelow(directory: string): string[] {
  return readdirSync(`${ROOT}/${directory}`, { withFileTypes: true }).flatMap((entry) => {
    const path = directory === '.' ? entry.name : `${directory}/${entry.name}`
    if (NOT_OURS.includes(entry.name) || MADE_BY_TOOLS.test(path)) return []
    return entry.isDirectory() ? filesBelow(path) : [path]
  })
}

export function read(path: string): string {
  return readFileSync(`${ROOT}/${path}`, 'utf8')
}

/** What is read of a `package.json`. */
export interface Manifest {
  readonly name: string
  readonly private?: boolean
  readonly packageManager?: string
  readonly engines?: Readonly<Record<string, string>>
  readonly exports?: unknown
  readonly scripts?: Readonly<Record<string, string>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>
}

export function readManifest(path: string): Manifest {
  return JSON.parse(read(path)) as Manifest
}

/** The names of the packages that are published. */
export const PACKAGES = readdirSync(`${ROOT}/packages`)
/** Those that translate for one framework. */
export const ADAPTERS = PACKAGES.filter((name) => name !== 'core' && name !== 'client')

/** The framework of an adapter: the one package that it needs beside itself, types aside. */
export function getFramework(adapter: string): { readonly module: string; readonly range: string } {
  const { peerDependencies = {}, peerDependenciesMeta = {} } = readManifest(
    `packages/${adapter}/package.json`,
  )
  const [found] = Object.entries(peerDependencies).filter(
    ([peer]) => !peer.startsWith('@types/') && peerDependenciesMeta[peer]?.optional !== true,
  )
  return { module: found![0], range: found![1] }
}

/** One module that another one names. */
export interface Import {
  readonly specifier: string
  /** Whether only types are taken, which are gone at run time. */
  readonly typesOnly: boolean
}

const FROM = /^(?:import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?'([^']+)'/gm
const CALLED = /\b(?:import|require)\(\s*'([^']+)'/g

/** The modules that a module names, in any of the forms there are. */
export function importsOf(source: string): Import[] {
  const declared = [...source.matchAll(FROM)].map(([, type, specifier]) => {
    return { specifier: specifier!, typesOnly: type !== undefined }
  })
  const called = [...source.matchAll(CALLED)].map(([, specifier]) => {
    return { specifier: specifier!, typesOnly: false }
  })
  return [...declared, ...called]
}
