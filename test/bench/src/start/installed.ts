import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Size of packages with all their dependencies. Frameworks are peer dependencies and are not included. */
export interface Installed {
  readonly packages: number
  readonly bytes: number
}

const FOLDER = fileURLToPath(new URL('.', import.meta.url))
/** Files in the packages of this workspace that are not published. */
const NOT_PUBLISHED = /^(?:src|test|node_modules|tsconfig\.json|dist\/\.tsbuildinfo)(?:\/|$)/

/** Measures installed packages. They are resolved from the directory `from`, as Node does. */
export function measureInstalled(packages: readonly string[], from = FOLDER): Installed {
  const directories = new Set<string>()
  for (const name of packages) collect(name, from, directories)
  const bytes = [...directories].reduce((total, directory) => total + getSize(directory), 0)
  return { packages: directories.size, bytes }
}

function collect(name: string, from: string, directories: Set<string>): void {
  const directory = findDirectory(name, from)
  if (directories.has(directory)) return
  directories.add(directory)
  const manifest = readFileSync(join(directory, 'package.json'), 'utf8')
  const { dependencies = {} } = JSON.parse(manifest) as { dependencies?: Record<string, string> }
  for (const dependency of Object.keys(dependencies)) collect(dependency, directory, directories)
}

/** Finds the directory of a package in `node_modules` of `from`, or of the closest parent directory of `from` that has it. */
function findDirectory(name: string, from: string): string {
  const directory = join(from, 'node_modules', name)
  if (existsSync(directory)) return realpathSync(directory)
  if (dirname(from) === from) throw new Error(`${name} is not installed`)
  return findDirectory(name, dirname(from))
}

function getSize(directory: string): number {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((path) => !NOT_PUBLISHED.test(path) || directory.includes('node_modules'))
    .map((path) => statSync(join(directory, path)))
    .reduce((total, entry) => total + (entry.isFile() ? entry.size : 0), 0)
}
