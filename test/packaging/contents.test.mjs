import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { publint } from 'publint'
import { PACKAGES, packAll, readJson, ROOT, temporaryDirectory } from './tarballs.mjs'

let directory
let tarballs

before(async () => {
  directory = await temporaryDirectory()
  tarballs = await packAll(directory.path)
})
after(() => directory.remove())

async function filesIn(tarball, name) {
  const { length } = `/node_modules/@bearward/${name}/`
  const contents = createPackageFromTarballData(new Uint8Array(await readFile(tarball)))
  return contents.listFiles().map((path) => path.slice(length))
}

/** What the compiler makes of the sources, and nothing else. */
async function expectedFiles(name) {
  const files = await readdir(join(ROOT, 'packages', name, 'src'), { recursive: true })
  const modules = files.filter((path) => path.endsWith('.ts')).map((path) => path.slice(0, -3))
  const built = modules.flatMap((module) => [`dist/${module}.js`, `dist/${module}.d.ts`])
  return [...built, 'LICENSE', 'README.md', 'package.json']
}

for (const name of PACKAGES) {
  test(`${name}: the tarball holds exactly what it should`, async () => {
    const found = await filesIn(tarballs[name], name)
    assert.deepEqual(new Set(found), new Set(await expectedFiles(name)))
  })

  test(`${name}: publint, strictly, has nothing to say`, async () => {
    const { buffer, byteOffset, length } = await readFile(tarballs[name])
    const tarball = buffer.slice(byteOffset, byteOffset + length)
    assert.deepEqual((await publint({ pack: { tarball }, strict: true })).messages, [])
  })

  test(`${name}: the types resolve wherever an ES module can be used`, async () => {
    // One finding is the price of being ES modules only: compilers that do not know `require` of ES modules.
    const contents = createPackageFromTarballData(new Uint8Array(await readFile(tarballs[name])))
    const { problems } = await checkPackage(contents)
    assert.deepEqual(
      new Set(problems.map(({ kind, resolutionKind }) => `${kind} ${resolutionKind}`)),
      new Set(['CJSResolvesToESM node16-cjs']),
    )
  })

  test(`${name}: main, types and typesVersions name the same files as exports`, async () => {
    const { main, types, typesVersions, exports } = await readJson('packages', name, 'package.json')
    const { '.': root, './package.json': manifest, ...subpaths } = exports
    assert.deepEqual({ types, default: main }, root)
    assert.equal(manifest, './package.json')
    const versions = Object.entries(subpaths).map(([path, file]) => [path.slice(2), [file.types]])
    const expected = versions.length === 0 ? undefined : { '*': Object.fromEntries(versions) }
    assert.deepEqual(typesVersions, expected)
  })
}
