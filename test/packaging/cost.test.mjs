import assert from 'node:assert/strict'
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { build as buildByEsbuild } from 'esbuild'
import { build } from 'rolldown'
import {
  ADAPTERS,
  createProject,
  createTemporaryDirectory,
  evaluate,
  getFramework,
  getPinnedVersion,
  install,
  packAll,
  run,
} from './tarballs.mjs'

/** Limits of an adapter together with the core (`own`), and of all packages that an API gets with them (`all`). */
const LIMITS = { own: 1_120_000, all: 1_200_000, packages: 5, files: 14 }
/** Limit of an adapter, the core and their dependencies in one minified file, in bytes after gzip. */
const BUNDLE = 96_000
/**
 * Limit of the minified file of a Worker with one guard and no parts, in bytes after gzip. The file of each bundler must meet
 * this limit.
 */
const SMALL_BUNDLE = 61_000
const WORKER = `import { createBearward } from '@bearward/fetch/small'
const { protect } = createBearward({
  issuer: 'https://auth.example.com',
  audience: 'https://api.example.com',
})
const listReports = (request, { token }) => Response.json({ reportsFor: token.clientId })
export default { fetch: protect({ scope: 'read:reports' }, listReports) }
`
/** Limit of the minified file of a Worker with a guard of an MCP server and no parts, in bytes after gzip. */
const MCP_BUNDLE = 72_000
const MCP_WORKER = `import { createBearward } from '@bearward/fetch/small'
import { createMcpGuard } from '@bearward/mcp'
const bearward = createBearward({
  issuer: 'https://auth.example.com',
  resource: 'https://notes.example.com/mcp',
})
const { protect } = createMcpGuard(bearward, { tools: { search: {} } })
export default { fetch: protect((request, call) => Response.json(call)) }
`
/** A text from the part of the core that only the guards of `@bearward/mcp` use. */
const STAGED_TEXT = '"an API key"'
const BLOCK = 4096

const sum = (numbers) => numbers.reduce((total, number) => total + number, 0)
const toMegabytes = (bytes) => `${bytes / 1_000_000} MB`
const toKilobytes = (bytes) => `${Math.round(bytes / 1000)} kB`

let directory
let tarballs

before(async () => {
  directory = await createTemporaryDirectory()
  tarballs = await packAll(directory.path)
})
after(() => directory.remove())

for (const name of ADAPTERS) {
  describe(name, () => {
    const { own, all, packages, files } = LIMITS
    let project
    /** Sizes of the packages that are added to an API with this framework, in bytes. */
    const sizes = {}
    before(async () => {
      project = join(directory.path, name)
      const framework = await getFramework(name)
      await createProject(project, `${framework}@${await getPinnedVersion(framework)}`)
      const others = await listInstalled(project)
      await install(project, tarballs.core, tarballs[name])
      for (const path of await listInstalled(project)) {
        if (others.includes(path)) continue
        sizes[path] = await getSize(join(project, 'node_modules', path))
      }
    })

    test(`@bearward/${name} and @bearward/core have at most ${toMegabytes(own)} together`, (t) => {
      const size = sizes['@bearward/core'].size + sizes[`@bearward/${name}`].size
      t.diagnostic(toKilobytes(size))
      assert.ok(size <= own, toKilobytes(size))
    })

    test(`@bearward/${name} adds at most ${packages} packages and ${toMegabytes(all)} to an API`, (t) => {
      for (const [path, { size, onDisk }] of Object.entries(sizes)) {
        t.diagnostic(`${path}: ${toKilobytes(size)}, ${toKilobytes(onDisk)} in blocks of 4 KiB`)
      }
      const added = Object.keys(sizes)
      assert.ok(added.includes(`@bearward/${name}`), added.join())
      assert.ok(added.length <= packages, added.join())
      const total = sum(Object.values(sizes).map(({ size }) => size))
      t.diagnostic(`together: ${toKilobytes(total)}`)
      assert.ok(total <= all, toKilobytes(total))
    })

    test(`@bearward/${name}: an import loads at most ${files} files`, async (t) => {
      const loaded = await listLoaded(project, `@bearward/${name}`)
      t.diagnostic(`${loaded.length} files`)
      assert.ok(loaded.includes(`@bearward/${name}/dist/index.js`), loaded.join('\n'))
      assert.ok(loaded.length <= files, loaded.join('\n'))
      for (const each of [name, `@bearward/${name}`]) {
        t.diagnostic(`import of ${each}: ${await measureImportTime(project, each)} ms`)
      }
    })
  })
}

test(`@bearward/express: a bundle without modules of Node has at most ${BUNDLE / 1000} kB after gzip`, async (t) => {
  const project = await createProject(
    join(directory.path, 'bundle'),
    tarballs.core,
    tarballs.express,
  )
  const size = await measureBundle(project, "export * from '@bearward/express'\n")
  const shown = `${size} bytes`
  t.diagnostic(shown)
  assert.ok(size <= BUNDLE, shown)
})

test(`@bearward/fetch/small: the bundle of a Worker without parts has at most ${SMALL_BUNDLE / 1000} kB after gzip`, async (t) => {
  const project = await createProject(join(directory.path, 'worker'), tarballs.core, tarballs.fetch)
  const size = await measureBundle(project, WORKER)
  const byEsbuild = await measureBundleByEsbuild(project, WORKER)
  assert.ok(!(await bundleByEsbuild(project, WORKER)).includes(STAGED_TEXT))
  const shown = `Rolldown: ${size} bytes, esbuild: ${byEsbuild} bytes`
  t.diagnostic(shown)
  assert.ok(Math.max(size, byEsbuild) <= SMALL_BUNDLE, shown)
  for (const part of [
    'advice',
    'dpop',
    'dynamicIssuers',
    'introspection',
    'mtls',
    'providers',
    'signedMetadata',
  ]) {
    const code = `import { ${part} } from '@bearward/fetch/small'\n${WORKER}`
    const withPart = await measureBundle(
      project,
      code.replace('audience:', `use: [${part}], audience:`),
    )
    t.diagnostic(`${part}: ${withPart - size} bytes`)
    assert.ok(withPart > size, part)
  }
})

test(`@bearward/mcp: the bundle of a Worker without parts has at most ${MCP_BUNDLE / 1000} kB after gzip`, async (t) => {
  const own = [tarballs.core, tarballs.fetch, tarballs.mcp]
  const project = await createProject(join(directory.path, 'mcp-worker'), ...own)
  const size = await measureBundle(project, MCP_WORKER)
  const byEsbuild = await measureBundleByEsbuild(project, MCP_WORKER)
  const shown = `Rolldown: ${size} bytes, esbuild: ${byEsbuild} bytes`
  t.diagnostic(shown)
  assert.ok(Math.max(size, byEsbuild) <= MCP_BUNDLE, shown)
  assert.ok((await bundleByEsbuild(project, MCP_WORKER)).includes(STAGED_TEXT))
})

/** Returns the size of a minified bundle without modules of Node after gzip, in bytes. */
async function measureBundle(project, entry) {
  await writeFile(join(project, 'entry.js'), entry)
  const { output } = await build({
    input: 'entry.js',
    cwd: project,
    platform: 'neutral',
    output: { minify: true },
    write: false,
  })
  const [{ code, imports }] = output
  assert.deepEqual([output.length, imports], [1, []])
  return gzipSync(code, { level: 9 }).length
}

/** Measures a bundle like `measureBundle`, but builds it with esbuild. */
async function measureBundleByEsbuild(project, entry) {
  return gzipSync(await bundleByEsbuild(project, entry), { level: 9 }).length
}

/** Returns the code of a minified bundle by esbuild with the settings of `wrangler` for Cloudflare Workers. */
async function bundleByEsbuild(project, entry) {
  await writeFile(join(project, 'entry.js'), entry)
  const { outputFiles } = await buildByEsbuild({
    entryPoints: ['entry.js'],
    absWorkingDir: project,
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2024',
    conditions: ['workerd', 'worker', 'browser'],
    write: false,
  })
  assert.equal(outputFiles.length, 1)
  return outputFiles[0].text
}

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

/** Returns the paths in `node_modules` of the files that Node loads for an import. */
async function listLoaded(project, name) {
  const coverage = join(project, 'coverage')
  const env = { ...process.env, NODE_V8_COVERAGE: coverage }
  const args = ['--input-type=module', '--eval', `import '${name}'`]
  const { output } = await run(process.execPath, args, { cwd: project, env })
  assert.equal(output, '')
  const [report] = await readdir(coverage)
  const { result } = JSON.parse(await readFile(join(coverage, report), 'utf8'))
  return result.flatMap(({ url }) => /^file:.*\/node_modules\/(.*)/.exec(url)?.[1] ?? [])
}
