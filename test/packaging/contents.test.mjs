import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { publint } from 'publint'
import {
  createTemporaryDirectory,
  hasOwnCode,
  PACKAGES,
  packAll,
  readJson,
  ROOT,
} from './tarballs.mjs'

let directory
let tarballs

before(async () => {
  directory = await createTemporaryDirectory()
  tarballs = await packAll(directory.path)
})
after(() => directory.remove())

/** Returns the contents of a tarball, with paths relative to the package. */
async function readContents(name) {
  const contents = createPackageFromTarballData(new Uint8Array(await readFile(tarballs[name])))
  const root = `/node_modules/@bearward/${name}/`
  const files = contents.listFiles().map((path) => path.slice(root.length))
  return { files, read: (path) => contents.readFile(`${root}${path}`) }
}

/**
 * Returns the paths of the declarations in a tarball: one for each source, except those that the manifest excludes. Users cannot
 * reach the excluded declarations. The tests of types show that these are not needed.
 */
async function listTypes(name) {
  const sources = await readdir(join(ROOT, 'packages', name, 'src'), { recursive: true })
  const { files } = await readJson('packages', name, 'package.json')
  const excluded = files
    .filter((pattern) => pattern.startsWith('!'))
    .map((pattern) => pattern.slice(1).replaceAll('.', '\\.').replaceAll('*', '[^/]*'))
    .map((pattern) => new RegExp(`^${pattern}(?:/|$)`))
  return sources
    .filter((path) => path.endsWith('.ts'))
    .map((path) => `dist/${path.slice(0, -3)}.d.ts`)
    .filter((path) => !excluded.some((pattern) => pattern.test(path)))
}

/** Returns the paths of the JavaScript that the manifest of a package names. */
async function listModules(name) {
  const { exports, imports } = await readJson('packages', name, 'package.json')
  return JSON.stringify({ exports, imports }).match(/dist\/[\w/-]+\.js(?=")/g)
}

for (const name of PACKAGES) {
  test(`${name}: the tarball contains types, the modules of the manifest with their chunks and maps, and no other files`, async () => {
    const { files, read } = await readContents(name)
    const chunks = files.filter((path) => /^dist\/chunks\/[\w-]+\.js$/.test(path))
    const modules = [...(await listModules(name)), ...chunks]
    const maps = modules.filter((path) => hasOwnCode(read(path))).map((path) => `${path}.map`)
    const others = ['LICENSE', 'README.md', 'package.json']
    const expected = [...(await listTypes(name)), ...modules, ...maps, ...others]
    assert.deepEqual(new Set(files), new Set(expected))
  })

  test(`${name}: publint reports no problems in strict mode`, async () => {
    const { buffer, byteOffset, length } = await readFile(tarballs[name])
    const tarball = buffer.slice(byteOffset, byteOffset + length)
    assert.deepEqual((await publint({ pack: { tarball }, strict: true })).messages, [])
  })

  test(`${name}: types resolve in every mode that can load an ES module`, async () => {
    // The packages contain ES modules only. Compilers that do not support `require` of ES modules report a problem.
    const contents = createPackageFromTarballData(new Uint8Array(await readFile(tarballs[name])))
    const { problems } = await checkPackage(contents)
    assert.deepEqual(
      new Set(problems.map(({ kind, resolutionKind }) => `${kind} ${resolutionKind}`)),
      new Set(['CJSResolvesToESM node16-cjs']),
    )
  })

  test(`${name}: main, types and typesVersions name the files of exports`, async () => {
    const { main, types, typesVersions, exports } = await readJson('packages', name, 'package.json')
    const { '.': root, './package.json': manifest, ...subpaths } = exports
    assert.deepEqual({ types, default: main }, root)
    assert.equal(manifest, './package.json')
    const versions = Object.entries(subpaths).map(([path, file]) => [path.slice(2), [file.types]])
    const expected = versions.length === 0 ? undefined : { '*': Object.fromEntries(versions) }
    assert.deepEqual(typesVersions, expected)
  })
}
