import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'
import { measureInstalled } from '../src/start/installed.ts'

const run = promisify(execFile)
const PACKAGES = fileURLToPath(new URL('../../../packages/', import.meta.url))

const folders: string[] = []
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true })
})

/** Creates a folder with these files. Returns its path and the total size of the files in bytes. */
async function createFolder(files: Readonly<Record<string, string>>) {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'installed-')))
  folders.push(folder)
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), content)
  }
  return { folder, bytes: Object.values(files).join('').length }
}

const toManifest = (...dependencies: string[]) =>
  JSON.stringify({ dependencies: Object.fromEntries(dependencies.map((name) => [name, '1'])) })

describe('measureInstalled', () => {
  it('measureInstalled counts every file of the packages and of their dependencies', async () => {
    const { folder, bytes } = await createFolder({
      'node_modules/a/package.json': toManifest('b', '@of/c'),
      'node_modules/a/src/index.js': 'a',
      'node_modules/a/test/.hidden': 'bc',
      'node_modules/b/package.json': toManifest('@of/c'),
      'node_modules/b/LICENSE': 'defg',
      'node_modules/@of/c/package.json': toManifest(),
      'node_modules/@of/c/deep/er/index.js': 'hijklmno',
    })
    await writeFile(join(folder, 'node_modules', 'beside.js'), 'not a dependency')
    expect(measureInstalled(['a', 'b'], folder)).toEqual({ packages: 3, bytes })
  })

  it('measureInstalled counts the files that npm packs for a package of the workspace', async () => {
    const express = join(PACKAGES, 'express')
    const arguments_ = ['pack', '--dry-run', '--json', '--ignore-scripts']
    const { stdout } = await run('npm', arguments_, { cwd: express })
    const [{ files }] = JSON.parse(stdout) as [{ files: { path: string; size: number }[] }]
    expect(files.map(({ path }) => path)).toContain('dist/index.js')
    const packed = files.reduce((total, { size }) => total + size, 0)
    const { folder } = await createFolder({ 'node_modules/@bearward/.keep': '' })
    await symlink(express, join(folder, 'node_modules/@bearward/express'))
    const all = measureInstalled(['@bearward/express'], folder)
    const core = measureInstalled(['@bearward/core'], express)
    expect(all.packages).toBe(core.packages + 1)
    expect(all.bytes - core.bytes).toBe(packed)
  })
})
