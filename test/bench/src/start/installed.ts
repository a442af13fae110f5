import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** What packages bring along, themselves included. Frameworks, which the API has anyway, do not count. */
export interface Installed {
  readonly packages: number
  readonly bytes: number
}

const HERE = fileURLToPath(new URL('.', import.meta.url))
/** What of a package of this workspace is not published. */
const NOT_PUBLISHED = /^(?:src|test|node_modules|tsconfig\.json|dist\/\.tsbuildinfo)(?:\/|$)/

/** Of packages that are found from the directory `from` upwards. */
export function installed(packages: readonly string[], from = HERE): Installed {
  const directories = new Set<string>()
  for (const name of packages) collect(name, from, directories)
  const bytes = [...directories].reduce((total, directory) => total + sizeOf(directory), 0)
  return { packages: directories.size, bytes }
}

function collect(name: string, from: string, directories: Set<string>): void {
  const directory = directoryOf(name, from)
  if (directories.has(directory)) return
  directories.add(directory)
  const manifest = readFileSync(join(directory, 'package.json'), 'utf8')
  const { dependencies = {} } = JSON.parse(manifest) as { dependencies?: Record<string, string> }
  for (const dependency of Object.keys(dependencies)) collect(dependency, directory, directories)
}

/** Where Node finds a package, looking from a directory upwards. */
function directoryOf(name: string, from: string): string {
  const directory = join(from, 'node_modules', name)
  if (existsSync(directory)) return realpathSync(directory)
  if (dirname(from) === from) throw new Error(`${name} is not installed`)
  return directoryOf(name, dirname(from))
}

function sizeOf(directory: string): number {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((path) => !NOT_PUBLISHED.test(path) || directory.includes('node_modules'))
    .map((path) => statSync(join(directory, path)))
    .reduce((total, entry) => total + (entry.isFile() ? entry.size : 0), 0)
}
