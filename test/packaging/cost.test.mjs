import assert from 'node:assert/strict'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import {
  ADAPTERS,
  createProject,
  evaluate,
  install,
  packAll,
  frameworkOf,
  pinned,
  temporaryDirectory,
} from './tarballs.mjs'

const LIMITS = { bytes: 1_500_000, packages: 5 }
const BLOCK = 4096

let directory
let tarballs

before(async () => {
  directory = await temporaryDirectory()
  tarballs = await packAll(directory.path)
})
after(() => directory.remove())

for (const name of ADAPTERS) {
  const { bytes, packages } = LIMITS
  const most = `${packages} packages and ${bytes / 1_000_000} MB`
  test(`an API with ${name} gains at most ${most}`, async (t) => {
    const project = join(directory.path, name)
    const framework = await frameworkOf(name)
    await createProject(project, `${framework}@${await pinned(framework)}`)
    const others = await installed(project)
    await install(project, tarballs.core, tarballs[name])
    const gained = (await installed(project)).filter((path) => !others.includes(path))
    assert.ok(gained.includes(`@bearward/${name}`), gained.join())
    assert.ok(gained.length <= packages, gained.join())

    let total = 0
    for (const path of gained) {
      const { size, onDisk } = await sizeOf(join(project, 'node_modules', path))
      t.diagnostic(`${path}: ${kB(size)}, ${kB(onDisk)} in blocks of 4 KiB`)
      total += size
    }
    assert.ok(total <= bytes, kB(total))
    t.diagnostic(`together: ${kB(total)}`)

    for (const each of [name, `@bearward/${name}`]) {
      t.diagnostic(`import of ${each}: ${await importTime(project, each)} ms`)
    }
  })
}

const kB = (bytes) => `${Math.round(bytes / 1000)} kB`

/** The paths of all packages of a project, inside `node_modules`. */
async function installed(project) {
  const lockfile = JSON.parse(await readFile(join(project, 'package-lock.json'), 'utf8'))
  const paths = Object.keys(lockfile.packages).filter((path) => path !== '')
  return paths.map((path) => path.replace(/^node_modules\//, ''))
}

/** The bytes of all files, and what `du` says where a file system has blocks: directories count, too. */
async function sizeOf(root) {
  const paths = ['', ...(await readdir(root, { recursive: true }))]
  const entries = await Promise.all(paths.map((path) => stat(join(root, path))))
  const sum = (numbers) => numbers.reduce((total, number) => total + number, 0)
  return {
    size: sum(entries.map((entry) => (entry.isFile() ? entry.size : 0))),
    onDisk: sum(entries.map(({ size }) => Math.max(1, Math.ceil(size / BLOCK)) * BLOCK)),
  }
}

/** Milliseconds, the median of five processes. */
async function importTime(project, name) {
  const program = `const start = performance.now()
    await import('${name}')
    process.stdout.write(String(performance.now() - start))`
  const times = []
  for (let i = 0; i < 5; i++) times.push(Number(await evaluate(project, program)))
  return Math.round(times.sort((a, b) => a - b)[2])
}
