import assert from 'node:assert/strict'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import {
  ADAPTERS,
  createProject,
  createTemporaryDirectory,
  evaluate,
  getFramework,
  getPinnedVersion,
  install,
  packAll,
} from './tarballs.mjs'

const LIMITS = { bytes: 1_500_000, packages: 5 }
const BLOCK = 4096

let directory
let tarballs

before(async () => {
  directory = await createTemporaryDirectory()
  tarballs = await packAll(directory.path)
})
after(() => directory.remove())

for (const name of ADAPTERS) {
  const { bytes, packages } = LIMITS
  const limit = `${packages} packages and ${bytes / 1_000_000} MB`
  test(`@bearward/${name} adds at most ${limit} to an API`, async (t) => {
    const project = join(directory.path, name)
    const framework = await getFramework(name)
    await createProject(project, `${framework}@${await getPinnedVersion(framework)}`)
    const others = await listInstalled(project)
    await install(project, tarballs.core, tarballs[name])
    const added = (await listInstalled(project)).filter((path) => !others.includes(path))
    assert.ok(added.includes(`@bearward/${name}`), added.join())
    assert.ok(added.length <= packages, added.join())

    let total = 0
    for (const path of added) {
      const { size, onDisk } = await getSize(join(project, 'node_modules', path))
      t.diagnostic(`${path}: ${toKilobytes(size)}, ${toKilobytes(onDisk)} in blocks of 4 KiB`)
      total += size
    }
    assert.ok(total <= bytes, toKilobytes(total))
    t.diagnostic(`together: ${toKilobytes(total)}`)

    for (const each of [name, `@bearward/${name}`]) {
      t.diagnostic(`import of ${each}: ${await measureImportTime(project, each)} ms`)
    }
  })
}

const toKilobytes = (bytes) => `${Math.round(bytes / 1000)} kB`

/** Returns the paths of all packages in `node_modules` of a project. */
async function listInstalled(project) {
  const lockfile = JSON.parse(await readFile(join(project, 'package-lock.json'), 'utf8'))
  const paths = Object.keys(lockfile.packages).filter((path) => path !== '')
  return paths.map((path) => path.replace(/^node_modules\//, ''))
}

/** Returns the bytes of all files, and the disk usage in blocks. Like `du`, the disk usage includes directories. */
async function getSize(root) {
  const paths = ['', ...(await readdir(root, { recursive: true }))]
  const entries = await Promise.all(paths.map((path) => stat(join(root, path))))
  const sum = (numbers) => numbers.reduce((total, number) => total + number, 0)
  return {
    size: sum(entries.map((entry) => (entry.isFile() ? entry.size : 0))),
    onDisk: sum(entries.map(({ size }) => Math.max(1, Math.ceil(size / BLOCK)) * BLOCK)),
  }
}

/** Measures the time to import a module, in milliseconds: the median of five processes. */
async function measureImportTime(project, name) {
  const program = `const start = performance.now()
    await import('${name}')
    process.stdout.write(String(performance.now() - start))`
  const times = []
  for (let i = 0; i < 5; i++) times.push(Number(await evaluate(project, program)))
  return Math.round(times.sort((a, b) => a - b)[2])
}
