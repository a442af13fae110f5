/**
 * Writes the JavaScript of the packages to their `dist`. `tsc -b` writes the types there first. Few files load faster than
 * many: without this step, an import of an adapter loads more than 200 files.
 */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { decode, encode } from '@jridgewell/sourcemap-codec'
import { build } from 'rolldown'

const PACKAGES = fileURLToPath(new URL('packages', import.meta.url))

for (const name of readdirSync(PACKAGES)) {
  await bundle(join(PACKAGES, name))
  removeInternalDocstrings(join(PACKAGES, name))
}

async function bundle(directory) {
  const modules = listModules(directory)
  await build({
    cwd: directory,
    input: Object.fromEntries(modules.map((module) => [module, `src/${module}.ts`])),
    // Dependencies, modules of Node and targets of `imports`: everything that is not imported by a relative path.
    external: /^[^./]/,
    platform: 'neutral',
    transform: { target: 'es2022' },
    // The code stays as it is in the sources.
    treeshake: false,
    // Required for `groups`. Entries keep their exports, because no chunk contains an entry.
    preserveEntrySignatures: 'allow-extension',
    plugins: [mapLines(), removeStaleFiles(directory)],
    onLog(level, { message }) {
      if (level === 'warn') throw new Error(message)
    },
    output: {
      dir: 'dist',
      chunkFileNames: 'chunks/[name].js',
      codeSplitting: {
        groups: modules.includes('internal') ? [groupChunks(directory, modules)] : [],
      },
      minify: false,
      minifyInternalExports: false,
      // The documentation is in the types.
      comments: { legal: true, annotation: true, jsdoc: false },
      sourcemap: true,
      sourcemapExcludeSources: true,
    },
  })
}

/**
 * Returns the modules of `dist` that the manifest of a package names. Each target of `imports` is a separate file, so that the
 * conditions of a runtime select one of them.
 */
function listModules(directory) {
  const { exports } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'))
  return [...findModules(exports), ...listTargets(directory)]
}

/** Returns the modules of `dist` that the manifest of a package names in `imports`. */
function listTargets(directory) {
  const { imports = {} } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'))
  return findModules(imports)
}

function findModules(part) {
  const paths = JSON.stringify(part).matchAll(/"\.\/dist\/([\w/-]+)\.js"/g)
  return [...new Set([...paths].map(([, module]) => module))]
}

/**
 * Puts the modules that several entries share into two chunks: `shared` for those that the entry `internal` needs, `main` for the
 * others. Otherwise each set of entries would have a chunk of its own. The targets of `imports` keep their own chunks, because
 * modules of Node must not be in a chunk of another runtime.
 */
function groupChunks(directory, modules) {
  const targets = listTargets(directory)
  const toName = (id, context) => {
    const found = findImporters(id, context)
    const entries = modules.filter((module) => found.has(join(directory, 'src', `${module}.ts`)))
    if (entries.length < 2 || entries.some((entry) => targets.includes(entry))) return null
    return entries.includes('internal') ? 'shared' : 'main'
  }
  return { name: toName, debugName: 'groupChunks', includeDependenciesRecursively: false }
}

/** Returns a module and all modules that import it, directly or through others. */
function findImporters(id, context, found = new Set()) {
  if (found.has(id)) return found
  found.add(id)
  for (const importer of context.getModuleInfo(id).importers)
    findImporters(importer, context, found)
  return found
}

/** Removes the docstrings from each file of types that users of a package cannot reach, because no entry refers to it. */
function removeInternalDocstrings(directory) {
  const dist = join(directory, 'dist')
  const { exports } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'))
  // The demo compiles only the packages that it needs.
  if (!existsSync(join(dist, 'index.d.ts'))) return
  const reached = new Set()
  for (const [, path] of JSON.stringify(exports).matchAll(/"\.\/dist\/([\w/-]+\.d\.ts)"/g))
    reach(path)
  for (const path of readdirSync(dist, { recursive: true })) {
    if (!path.endsWith('.d.ts') || reached.has(path)) continue
    const text = readFileSync(join(dist, path), 'utf8')
    const short = text.replaceAll(/^\s*\/\*\*[^]*?\*\/\n/gm, '')
    if (short !== text) writeFileSync(join(dist, path), short)
  }

  function reach(path) {
    if (reached.has(path)) return
    reached.add(path)
    const text = readFileSync(join(dist, path), 'utf8')
    for (const [, specifier] of text.matchAll(/(?:from |import\()["'](\.[^"']+)\.(?:ts|js)["']/g))
      reach(`${join(dirname(path), specifier)}.d.ts`)
  }
}

/**
 * Removes columns from source maps, because columns are large. The maps do not contain the sources, so only stack traces use the
 * maps. For a stack trace, the line is sufficient.
 */
function mapLines() {
  const isNewLine = ([, source, line], i, segments) =>
    i === 0 || source !== segments[i - 1][1] || line !== segments[i - 1][2]
  return {
    name: 'map-lines',
    generateBundle(_options, files) {
      for (const file of Object.values(files)) {
        if (!file.fileName.endsWith('.map')) continue
        const map = JSON.parse(file.source)
        const lines = decode(map.mappings).map((segments) => segments.filter(isNewLine))
        file.source = JSON.stringify({ ...map, mappings: encode(lines) })
      }
    },
  }
}

/** Removes the files of deleted sources and of earlier builds, because all files of `dist` are published. */
function removeStaleFiles(directory) {
  return {
    name: 'remove-stale-files',
    writeBundle(_options, files) {
      const dist = join(directory, 'dist')
      const sources = readdirSync(join(directory, 'src'), { recursive: true })
      const types = sources.map((path) => path.replace(/\.ts$/, '.d.ts'))
      const current = ['.tsbuildinfo', ...types, ...Object.keys(files)]
      for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
        const path = join(entry.parentPath, entry.name)
        if (entry.isFile() && !current.includes(relative(dist, path))) rmSync(path)
      }
    },
  }
}
