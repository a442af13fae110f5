import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ROOT, run } from '../packaging/tarballs.mjs'

const { platform, arch } = process
const bunArch = arch === 'arm64' ? 'aarch64' : arch
const libc = platform === 'linux' ? '-glibc' : ''

/** Functions by kind of runtime. They return the arguments to run a test file and to write a report in the JUnit format. */
const node = (file, report) => [
  '--test',
  '--test-reporter=spec',
  '--test-reporter-destination=stdout',
  '--test-reporter=junit',
  `--test-reporter-destination=${report}`,
  file,
]
const bun = (file, report) => ['test', '--reporter=junit', `--reporter-outfile=${report}`, file]
const deno = (file, report) => [
  'test',
  '--allow-all',
  '--no-check',
  '--no-lock',
  '--node-modules-dir=manual',
  `--junit-path=${report}`,
  file,
]

/** Describes a version of Node. Its package contains the program, so the installation does not run scripts. */
const createNode = (version) => ({
  name: `Node ${version}`,
  package: `node-${platform}-${arch}@${version}`,
  program: 'bin/node',
  test: node,
})

/** Runtimes with exact versions, including the lowest supported versions. To test a newer version, change this list. */
export const RUNTIMES = [
  { name: `Node ${process.versions.node}`, program: process.execPath, test: node },
  createNode('20.19.0'),
  createNode('22.12.0'),
  createNode('22.23.5'),
  createNode('24.22.3'),
  createNode('26.12.1'),
  {
    name: 'Bun 1.4.5',
    package: `@oven/bun-${platform}-${bunArch}@1.4.5`,
    program: 'bin/bun',
    test: bun,
  },
  {
    name: 'Deno 2.9.6',
    package: `@deno/${platform}-${arch}${libc}@2.9.6`,
    program: 'deno',
    test: deno,
  },
]

/** The lowest supported versions of Node 20 and 22, the newest of 24 and 26, and the version that runs this file. */
export const NODES = RUNTIMES.filter(
  ({ name, package: installed }) =>
    installed === undefined || /^Node (?:20\.19\.|22\.12\.|24\.|26\.)/.test(name),
)

/** The newest version of each release line of Node with long-term support, and of the newest release line. */
export const CURRENT_NODES = RUNTIMES.filter(({ name }) => /^Node (?:22\.23|24|26)\./.test(name))

/**
 * Returns the path of the program of a runtime. Installs the runtime in `.runtimes` if it is missing, and throws if the
 * installation fails.
 */
export async function getProgram(runtime) {
  if (runtime.package === undefined) return runtime.program
  const directory = join(ROOT, '.runtimes', runtime.name.toLowerCase().replace(' ', '-'))
  const name = runtime.package.slice(0, runtime.package.lastIndexOf('@'))
  const program = join(directory, 'node_modules', name, runtime.program)
  if (await starts(program)) return program

  // Two tests may install a runtime at the same time, so it is installed in a temporary directory and then renamed.
  await mkdir(join(ROOT, '.runtimes'), { recursive: true })
  const temporary = await mkdtemp(`${directory}-`)
  try {
    await writeFile(join(temporary, 'package.json'), '{ "private": true }\n')
    const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', runtime.package]
    const installed = await run('npm', args, { cwd: temporary })
    if (installed.failed) throw new Error(installed.output)
    if (!(await starts(program))) {
      await rm(directory, { recursive: true, force: true })
      await rename(temporary, directory)
    }
  } finally {
    await rm(temporary, { recursive: true, force: true })
  }
  if (!(await starts(program)))
    throw new Error(`${program} does not start. Delete ${directory} and try again.`)
  return program
}

async function starts(program) {
  return !(await run(program, ['--version'])).failed
}
