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
  pinned,
  temporaryDirectory,
} from './tarballs.mjs'

const LIMITS = { bytes: 1_500_000, packages: 5 }
/** What the convention of a framework adds: fastify-plugin is 147 kB, its tests included. */
const OF_THE_FRAMEWORK = { fastify: 150_000 }
const BLOCK = 4096

let directory
let tarballs

before(async () => {
  directory = await temporaryDirectory()
  tarballs = await packAll(directory.path)
})
after(() => directory.remove())

for (const name of ADAPTERS) {
  const { packages } = LIMITS
  const bytes = LIMITS.bytes + (OF_THE_FRAMEWORK[name] ?? 0)
  const most = `${packages} packages and ${bytes / 1_000_000} MB`
  test(`an API with ${name} gains at most ${most}`, async (t) => {
    const project = join(directory.path, name)
    await createProject(project, `${name}@${await pinned(name)}`)
    const others = await installed(project)
    await install(project, tarballs.core, tarballs[name])
    const gained = (await installed(project)).filter((path) => !others.includes(path))
    assert.ok(gained.includes(`@bearward/${name}`), gained.join())
    assert.ok(gained.length <= packages, gained.join())

    let total = 0
    for (const path of gained) {
      const size = await diskUsage(join(project, 'node_modules', path))
      t.diagnostic(`${path}: ${kB(size)}`)
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

/** What `du` says where the blocks of a file system have 4 KiB: directories count, too. */
async function diskUsage(root) {
  const paths = ['', ...(await readdir(root, { recursive: true }))]
  const entries = await Promise.all(paths.map((path) => stat(join(root, path))))
  const blocks = entries.map((entry) => (entry.isFile() ? Math.ceil(entry.size / BLOCK) : 1))
  return blocks.reduce((total, number) => total + number, 0) * BLOCK
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
