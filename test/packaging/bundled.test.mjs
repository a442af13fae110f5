/** Tests of the JavaScript and the source maps that `bundle.mjs` writes. */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { SourceMap } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { after, before, test } from 'node:test'
import { parseAst } from 'rolldown/parseAst'
import {
  createProject,
  createTemporaryDirectory,
  hasOwnCode,
  PACKAGES,
  packAll,
  ROOT,
  run,
} from './tarballs.mjs'

let directory
let project

before(async () => {
  directory = await createTemporaryDirectory()
  const tarballs = Object.values(await packAll(directory.path))
  project = await createProject(join(directory.path, 'bundled'), ...tarballs)
})
after(() => directory.remove())

/** Returns the JavaScript files of an installed package, with their source maps. A file without code of its own has no map. */
function readModules(name) {
  const dist = join(project, 'node_modules/@bearward', name, 'dist')
  const paths = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('.js'),
  )
  return paths.map((path) => {
    const code = readFileSync(join(dist, path), 'utf8')
    const map = hasOwnCode(code)
      ? JSON.parse(readFileSync(join(dist, `${path}.map`), 'utf8'))
      : undefined
    // In the repository, the sources are at the same place relative to `dist`.
    const folder = dirname(join(ROOT, 'packages', name, 'dist', path))
    return { path, code, map, sources: (map?.sources ?? []).map((source) => join(folder, source)) }
  })
}

/** Returns the nodes of a syntax tree that satisfy a condition. If `deep` is `false`, omits nodes in functions. */
function findNodes(node, condition, { deep }) {
  if (!deep && /Function/.test(node.type)) return []
  const children = Object.values(node)
    .flat()
    .filter((child) => typeof child?.type === 'string')
  const found = children.flatMap((child) => findNodes(child, condition, { deep }))
  return condition(node) ? [node, ...found] : found
}

const isDynamicImport = ({ type }) => type === 'ImportExpression'
const isAwait = (node) => node.type === 'AwaitExpression' || node.await === true

for (const name of PACKAGES) {
  test(`${name}: every source of a map is a file of the same package in the repository`, () => {
    const modules = readModules(name)
    const sources = modules.flatMap((module) => module.sources)
    const src = join(ROOT, 'packages', name, 'src')
    assert.deepEqual(
      sources.filter((path) => relative(src, path).startsWith('..') || !existsSync(path)),
      [],
    )
    assert.notEqual(sources.length, 0)
  })

  test(`${name}: a source map assigns every declaration at the top level to the line of the source that declares it`, () => {
    let count = 0
    for (const { path, code, map, sources } of readModules(name)) {
      if (map === undefined) continue
      const sourceMap = new SourceMap(map)
      code.split('\n').forEach((line, i) => {
        const declared = /^(?:async )?(?:function|const|let|var) (\w+)/.exec(line)?.[1]
        if (declared === undefined) return
        const { originalSource, originalLine } = sourceMap.findEntry(i, 0)
        const source = readFileSync(sources[map.sources.indexOf(originalSource)], 'utf8')
        const at = `${path}:${i + 1} ${declared}`
        assert.match(source.split('\n')[originalLine], new RegExp(`\\b${declared}\\b`), at)
        count++
      })
    }
    assert.notEqual(count, 0)
  })

  test(`${name}: source maps do not contain the sources`, () => {
    const maps = readModules(name).flatMap(({ map }) => map ?? [])
    assert.deepEqual(
      maps.filter(({ sourcesContent }) => sourcesContent !== undefined),
      [],
    )
    assert.notEqual(maps.length, 0)
  })

  test(`${name}: every source is in only one file, so its state exists once`, () => {
    const sources = readModules(name).flatMap((module) => module.sources)
    assert.deepEqual(
      sources.filter((path, i) => sources.indexOf(path) !== i),
      [],
    )
  })

  test(`${name}: the JavaScript contains no dynamic import and no top-level await`, () => {
    for (const { path, code } of readModules(name)) {
      const program = parseAst(code, { sourceType: 'module' })
      assert.deepEqual(findNodes(program, isDynamicImport, { deep: true }), [], path)
      assert.deepEqual(findNodes(program, isAwait, { deep: false }), [], path)
    }
  })
}

test('core: with --enable-source-maps, the stack of an error names lines of the sources', async () => {
  const program = `import { createResourceServer } from '@bearward/core'
    try {
      createResourceServer({})
    } catch (error) {
      process.stdout.write(error.stack)
    }`
  const args = ['--enable-source-maps', '--input-type=module', '--eval', program]
  const { output } = await run(process.execPath, args, { cwd: project })
  const frames = output.split('\n').filter((line) => line.includes('/@bearward/core/'))
  const lines = frames.map((frame) => {
    const [, path, line] = /\/@bearward\/core\/(src\/.*\.ts):(\d+):\d+\)?$/.exec(frame)
    const source = readFileSync(join(ROOT, 'packages/core', path), 'utf8')
    return source.split('\n')[line - 1]
  })
  assert.match(lines[0], /throw new ConfigurationError/)
  assert.match(lines.at(-1), /readOptions\(options\)/)
})
