import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseAst } from 'rolldown/parseAst'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Names of the packages that are published. */
export const PACKAGES = readdirSync(join(ROOT, 'packages'))
/** Names of the packages that adapt the core to a framework. */
export const ADAPTERS = PACKAGES.filter(
  (name) => !['client', 'core', 'mcp', 'redis'].includes(name),
)

/** Runs a program until it exits. Does not throw if it fails, because the output of a failed compiler is also a result. */
export async function run(program, args, options = {}) {
  // Node 20 can hang forever in its internal threads (nodejs/node#54918), so a program that timed out runs again.
  for (let i = 0; i < 3; i++) {
    const result = await runOnce(program, args, options)
    if (!result.timedOut) return result
  }
  return runOnce(program, args, options)
}

function runOnce(program, args, options) {
  const bounds = { maxBuffer: 2 ** 26, timeout: 180_000, killSignal: 'SIGKILL' }
  return new Promise((resolve) => {
    execFile(program, args, { ...bounds, ...options }, (error, stdout, stderr) =>
      resolve({
        failed: error !== null,
        timedOut: error?.killed === true,
        stdout,
        output: stdout + stderr,
      }),
    )
  })
}

/** Runs statements as an ES module of a project. Returns their output. */
export async function evaluate(project, program) {
  const args = ['--input-type=module', '--eval', program]
  return (await run(process.execPath, args, { cwd: project })).output
}

/** Runs a program. Returns its standard output, and throws if it fails. */
async function runOrThrow(program, args, cwd) {
  const { failed, stdout, output } = await run(program, args, { cwd })
  if (failed) throw new Error(`${program} ${args.join(' ')}\n${output}`)
  return stdout
}

export async function readJson(...path) {
  return JSON.parse(await readFile(join(ROOT, ...path), 'utf8'))
}

/** Returns the framework of an adapter: its only peer dependency that is not a package of types. */
export async function getFramework(adapter) {
  const { peerDependencies } = await readJson('packages', adapter, 'package.json')
  return Object.keys(peerDependencies).find((peer) => !peer.startsWith('@types/'))
}

/** Returns the version of a package that the tests of the workspace use. */
export async function getPinnedVersion(name) {
  return (await readJson('test/package.json')).devDependencies[name]
}

/** Versions of tools that only the projects of these tests install, because they are large. */
const VERSIONS = {
  '@babel/plugin-transform-modules-commonjs': '7.29.14',
  '@sveltejs/kit': '3.2.0',
  '@types/react': '19.3.0',
  'bun-types': '1.4.5',
  'express-oauth2-jwt-bearer': '1.10.0',
  esbuild: '0.28.2',
  jest: '30.5.2',
  next: '16.4.6',
  'node-fetch': '3.3.2',
  'ts-jest': '29.4.15',
  webpack: '5.113.0',
}

/** Adds exact versions to the names of packages. The versions come from the workspace, or from `VERSIONS`. */
export async function withVersions(...names) {
  const { devDependencies: root } = await readJson('package.json')
  const { devDependencies: test } = await readJson('test/package.json')
  return names.map((name) => `${name}@${test[name] ?? root[name] ?? VERSIONS[name]}`)
}

/** Creates a directory outside the workspace. `remove` deletes it. */
export async function createTemporaryDirectory() {
  const path = await mkdtemp(join(tmpdir(), 'bearward-'))
  return { path, remove: () => rm(path, { recursive: true, force: true }) }
}

/** Packs all packages as for publishing. Returns the paths of the tarballs by name. */
export async function packAll(destination) {
  const { packageManager } = await readJson('package.json')
  const packages = ['--recursive', '--filter', './packages/*']
  const args = ['-y', packageManager, ...packages, 'pack', '--json']
  const report = await runOrThrow('npx', [...args, '--pack-destination', destination], ROOT)
  const packed = JSON.parse(report).map(({ name, filename }) => [name.split('/')[1], filename])
  return Object.fromEntries(packed)
}

/** Creates a project outside the workspace, with these packages installed. */
export async function createProject(directory, ...packages) {
  await mkdir(directory, { recursive: true })
  const manifest = { name: 'consumer', private: true, type: 'module' }
  await writeFile(join(directory, 'package.json'), JSON.stringify(manifest))
  await install(directory, ...packages)
  return directory
}

/** Installs packages in a project with npm. */
export async function install(project, ...packages) {
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline']
  await runOrThrow('npm', ['install', '--save-exact', ...flags, ...packages], project)
}

/**
 * Returns whether a module has code of its own, and therefore a source map. A module that augments only types has no code. A
 * module that only exports the members of other modules has no code of its own.
 */
export function hasOwnCode(code) {
  const { body } = parseAst(code, { sourceType: 'module' })
  return !body.every(
    ({ type, declaration }) =>
      type === 'ImportDeclaration' || (type === 'ExportNamedDeclaration' && !declaration),
  )
}
