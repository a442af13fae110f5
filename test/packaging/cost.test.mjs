import assert from 'node:assert/strict'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  createProject,
  evaluate,
  install,
  packAll,
  pinned,
  temporaryDirectory,
} from './tarballs.mjs'

const LIMIT = 1_500_000
const BLOCK = 4096

test('an API with Express gains four packages, of at most 1.5 MB together', async (t) => {
  const directory = await temporaryDirectory()
  t.after(() => directory.remove())
  const tarballs = await packAll(directory.path)
  const project = join(directory.path, 'project')
  await createProject(project, `express@${await pinned('express')}`)
  const others = await installed(project)
  await install(project, tarballs.core, tarballs.express)
  const gained = (await installed(project)).filter((path) => !others.includes(path))
  assert.deepEqual(gained, ['@bearward/core', '@bearward/express', 'jose', 'lru-cache'])

  let total = 0
  for (const path of gained) {
    const sizes = await fileSizes(join(project, 'node_modules', path))
    const bytes = sum(sizes)
    const onDisk = sum(sizes.map((size) => Math.ceil(size / BLOCK) * BLOCK))
    t.diagnostic(`${path}: ${sizes.length} files, ${kB(bytes)}, ${kB(onDisk)} in 4 KiB blocks`)
    total += bytes
  }
  assert.ok(total <= LIMIT, `${total} bytes`)

  for (const name of ['express', '@bearward/express']) {
    t.diagnostic(`import of ${name}: ${await importTime(project, name)} ms`)
  }
})

const sum = (numbers) => numbers.reduce((total, number) => total + number, 0)
const kB = (bytes) => `${Math.round(bytes / 1000)} kB`

/** The paths of all packages of a project, inside `node_modules`. */
async function installed(project) {
  const lockfile = JSON.parse(await readFile(join(project, 'package-lock.json'), 'utf8'))
  const paths = Object.keys(lockfile.packages).filter((path) => path !== '')
  return paths.map((path) => path.replace(/^node_modules\//, ''))
}

async function fileSizes(root) {
  const paths = await readdir(root, { recursive: true })
  const entries = await Promise.all(paths.map((path) => stat(join(root, path))))
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.size)
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
