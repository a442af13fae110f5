import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Folders and files that tools generate or install. */
const IGNORED_FOLDERS = [
  'node_modules',
  'dist',
  'coverage',
  '.git',
  '.runtimes',
  '.snippets',
  '.bench',
]
const GENERATED =
  /(?:^|\/)(?:package-lock\.json|[^/]*\.(?:tsbuildinfo|log))$|^docs\/(?:api|\.vitepress\/(?:cache|screenshots))$/

/** Returns the paths of all files below a directory. Paths are relative to the root of the repository. */
export function filesBelow(directory: string): string[] {
  return readdirSync(`${ROOT}/${directory}`, { withFileTypes: true }).flatMap((entry) => {
    const path = directory === '.' ? entry.name : `${directory}/${entry.name}`
    if (IGNORED_FOLDERS.includes(entry.name) || GENERATED.test(path)) return []
    return entry.isDirectory() ? filesBelow(path) : [path]
  })
}

/** Reads a file as text. */
export function read(path: string): string {
  return readFileSync(`${ROOT}/${path}`, 'utf8')
}

/** Members of a `package.json` that the tests read. */
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

/** Reads a `package.json`. */
export function readManifest(path: string): Manifest {
  return JSON.parse(read(path)) as Manifest
}

/** Folder names of the published packages. */
export const PACKAGES = readdirSync(`${ROOT}/packages`)
/** Folder names of the packages that adapt the core to a framework. */
export const ADAPTERS = PACKAGES.filter(
  (name) => !['client', 'core', 'mcp', 'redis'].includes(name),
)

/** Returns the framework of an adapter: its only peer dependency that is not a package of types. */
export function getFramework(adapter: string): { readonly module: string; readonly range: string } {
  const { peerDependencies = {} } = readManifest(`packages/${adapter}/package.json`)
  const [found] = Object.entries(peerDependencies).filter(([peer]) => !peer.startsWith('@types/'))
  return { module: found![0], range: found![1] }
}

/** A module that another module imports. */
export interface Import {
  readonly specifier: string
  /** `true` if the import has no effect at run time, because it imports only types. */
  readonly typesOnly: boolean
}

const FROM = /^(?:import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?'([^']+)'/gm
const CALLED = /\b(?:import|require)\(\s*'([^']+)'/g

/** Returns the imports of a source: `import`, `export from`, `import()` and `require()`. */
export function readImports(source: string): Import[] {
  const declared = [...source.matchAll(FROM)].map(([, type, specifier]) => {
    return { specifier: specifier!, typesOnly: type !== undefined }
  })
  const called = [...source.matchAll(CALLED)].map(([, specifier]) => {
    return { specifier: specifier!, typesOnly: false }
  })
  return [...declared, ...called]
}
