import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ROOT, run } from '../packaging/tarballs.mjs'

const { platform, arch } = process
const bunArch = arch === 'arm64' ? 'aarch64' : arch
const libc = platform === 'linux' ? '-glibc' : ''

/** How each kind of runtime runs a test file, with a report in JUnit's form. */
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

/** The packages hold the programs themselves, so that nothing has to be run to install them. */
const nodeOf = (version) => ({
  name: `Node ${version}`,
  package: `node-${platform}-${arch}@${version}`,
  program: 'bin/node',
  test: node,
})

/** Exact versions, the lowest that are supported among them. A newer one is a change to this list. */
export const RUNTIMES = [
  { name: `Node ${process.versions.node}`, program: process.execPath, test: node },
  nodeOf('20.19.0'),
  nodeOf('22.12.0'),
  nodeOf('22.23.3'),
  nodeOf('24.21.0'),
  nodeOf('26.10.0'),
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

/**
 * Installs a runtime under `.runtimes`, unless it is there. Gives the path of its program, or throws
 * where it cannot be installed.
 */
export async function programOf(runtime) {
  if (runtime.package === undefined) return runtime.program
  const directory = join(ROOT, '.runtimes', runtime.name.toLowerCase().replace(' ', '-'))
  const name = runtime.package.slice(0, runtime.package.lastIndexOf('@'))
  const program = join(directory, 'node_modules', name, runtime.program)
  if (!(await run(program, ['--version'])).failed) return program

  await mkdir(directory, { recursive: true })
  await writeFile(join(directory, 'package.json'), '{ "private": true }\n')
  const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', runtime.package]
  const installed = await run('npm', args, { cwd: directory })
  if (installed.failed) throw new Error(installed.output)
  const started = await run(program, ['--version'])
  if (started.failed) throw new Error(`${program} does not start\n${started.output}`)
  return program
}
