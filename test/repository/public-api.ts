import { posix } from 'node:path'
import { read, readManifest } from './files.ts'

/**
 * Describes the public API of a package from the declarations that the compiler has written. The text has each exported
 * declaration, and each declaration that an exported declaration uses. It has no comments.
 */
export function describeApi(name: string): string {
  const { exports, engines, peerDependencies = {} } = readManifest(`packages/${name}/package.json`)
  const entries = Object.entries(exports as Readonly<Record<string, { types: string }>>)
    // `internal` and `internal-guards` are not public: they may change at any time.
    .filter(([path]) => path !== './package.json' && !path.startsWith('./internal'))
    .map(([path, { types }]) => {
      const module = readModule(posix.join(`packages/${name}`, types))
      return { path, module, exported: getExported(module) }
    })
  const exported = entries.flatMap((entry) => entry.exported)
  const all = getReachable(exported)
  return [
    `The public API of @bearward/${name}, written by "npm run api".`,
    'A change in this file is a change for users. Review it and name it in the commit.',
    formatHeading('Manifest'),
    `exports ${JSON.stringify(exports)}`,
    `engines ${JSON.stringify(engines)}`,
    `peerDependencies ${JSON.stringify(peerDependencies)}`,
    ...entries.flatMap((entry) => [
      formatHeading(`Exported${entry.path.slice(1) && ` by ${entry.path.slice(2)}`}`),
      ...formatDeclarations(entry.exported),
      ...listForeign(entry.module),
    ]),
    formatHeading('Not exported, but used by exported declarations'),
    ...formatDeclarations(all.filter((declaration) => !exported.includes(declaration))),
    '',
  ].join('\n')
}

/**
 * Returns the exported declarations of a module: its own declarations, re-exported declarations, and augmentations of other
 * modules.
 */
function getExported(module: Module): readonly Declaration[] {
  const own = [...module.declarations.values()].filter(
    ({ text }) => text.startsWith('export ') || AUGMENTED.test(text),
  )
  const others = module.reExports
    .filter(({ from }) => from.startsWith('.'))
    .flatMap(({ names, from }) => names.map((each) => find(resolve(module, from), each)))
  return [...own, ...others]
}

/** Returns the re-exports from other packages. */
function listForeign({ reExports }: Module): readonly string[] {
  return reExports
    .filter(({ from }) => !from.startsWith('.'))
    .map(({ names, from }) => `from ${from}: ${[...names].sort().join(', ')}`)
}

interface Declaration {
  readonly name: string
  readonly text: string
  readonly module: Module
}

interface Module {
  readonly path: string
  readonly declarations: ReadonlyMap<string, Declaration>
  /** Imports by local name. */
  readonly imports: ReadonlyMap<string, { readonly name: string; readonly from: string }>
  readonly reExports: readonly { readonly names: readonly string[]; readonly from: string }[]
}

const modules = new Map<string, Module>()

const COMMENT = /[ \t]*\/\*\*[\s\S]*?\*\/\n?|^\/\/#.*$/gm
const DECLARED =
  /^(?:export )?(?:declare )?(?:abstract )?(?:interface|type|const|function|class)\b ?(\w*)/
/** Augmentation of another module or of the global scope. It applies as soon as the module is imported. */
const AUGMENTED = /^declare (global|module '[^']+') \{/
const FROM = /^(import|export) (?:type )?\{([^}]*)\} from '([^']+)'/

/** Parses a `.d.ts` file. The compiler writes each statement at the start of a line and indents its parts. */
function readModule(path: string): Module {
  const known = modules.get(path)
  if (known !== undefined) return known
  const declarations = new Map<string, Declaration>()
  const imports = new Map<string, { name: string; from: string }>()
  const reExports: { names: string[]; from: string }[] = []
  const module = { path, declarations, imports, reExports }
  modules.set(path, module)

  for (const statement of read(path)
    .replace(COMMENT, '')
    .trim()
    .split(/\n(?=[a-z])/)) {
    const [, kind, list, from] = FROM.exec(statement) ?? []
    const name = (DECLARED.exec(statement) ?? AUGMENTED.exec(statement))?.[1]
    if (kind !== undefined) {
      const names = list!.split(',').map((entry) => entry.trim().replace(/^type /, ''))
      const present = names.filter((entry) => entry !== '')
      if (kind === 'export') reExports.push({ names: present, from: from! })
      else for (const entry of present) imports.set(entry, { name: entry, from: from! })
    } else if (name !== undefined) {
      declarations.set(name, { name, text: statement, module })
    } else if (statement !== 'export {};') {
      throw new Error(`${path} contains an unknown kind of statement: ${statement}`)
    }
  }
  return module
}

function resolve(module: Module, from: string): Module {
  return readModule(posix.join(posix.dirname(module.path), from.replace(/\.ts$/, '.d.ts')))
}

function find(module: Module, name: string): Declaration {
  const declaration = module.declarations.get(name)
  if (declaration === undefined) throw new Error(`${module.path} does not declare ${name}`)
  return declaration
}

/** Returns the declarations and, recursively, all declarations of this package that they name. */
function getReachable(declarations: readonly Declaration[]): Declaration[] {
  const found = new Set(declarations)
  // The loop also visits the elements that it adds to the set.
  for (const { module, text } of found) {
    for (const [word] of text.matchAll(/\b[A-Za-z_]\w*\b/g)) {
      const imported = module.imports.get(word)
      const local = module.declarations.get(word)
      if (local !== undefined) found.add(local)
      else if (imported?.from.startsWith('.')) {
        found.add(find(resolve(module, imported.from), imported.name))
      }
    }
    for (const other of module.declarations.values()) {
      if (AUGMENTED.test(other.text)) found.add(other)
    }
  }
  return [...found]
}

function formatDeclarations(declarations: readonly Declaration[]): string[] {
  return declarations
    .map(({ text }) => text.replace(/^export /, '').replace(/^declare (?!global|module)/, ''))
    .sort()
    .flatMap((text) => [text, ''])
}

function formatHeading(text: string): string {
  return `\n== ${text} ==\n`
}
