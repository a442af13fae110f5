import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { publint } from 'publint'
import { createTemporaryDirectory, PACKAGES, packAll, readJson, ROOT } from './tarballs.mjs'

let directory
let tarballs

before(async () => {
  directory = await createTemporaryDirectory()
  tarballs = await packAll(directory.path)
})
after(() => directory.remove())

/** Returns the paths of the files in a tarball, relative to the package. */
async function listFiles(tarball, name) {
  const { length } = `/node_modules/@bearward/${name}/`
  const contents = createPackageFromTarballData(new Uint8Array(await readFile(tarball)))
  return contents.listFiles().map((path) => path.slice(length))
}

/** Returns the files of a tarball: the output of the compiler, and the files that npm always adds. */
async function listExpectedFiles(name) {
  const files = await readdir(join(ROOT, 'packages', name, 'src'), { recursive: true })
  const modules = files.filter((path) => path.endsWith('.ts')).map((path) => path.slice(0, -3))
  const built = modules.flatMap((module) => [`dist/${module}.js`, `dist/${module}.d.ts`])
  return [...built, 'LICENSE', 'README.md', 'package.json']
}

for (const name of PACKAGES) {
  test(`${name}: the tarball contains the compiled sources and no other files`, async () => {
    const files = await listFiles(tarballs[name], name)
    assert.deepEqual(new Set(files), new Set(await listExpectedFiles(name)))
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
