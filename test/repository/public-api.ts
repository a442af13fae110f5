import { posix } from 'node:path'
import { read, readManifest } from './files.ts'

/**
 * Describes what the users of a package can see, out of the declarations that the compiler has written:
 * every exported name, and every declaration that an exported one is made of. Comments are left out.
 */
export function describeApi(name: string): string {
  const { exports, engines, peerDependencies = {} } = readManifest(`packages/${name}/package.json`)
  const entries = Object.entries(exports as Readonly<Record<string, { types: string }>>)
    // `internal` may change at any time.
    .filter(([path]) => path !== './package.json' && path !== './internal')
    .map(([path, { types }]) => {
      const module = readModule(posix.join(`packages/${name}`, types))
      return { path, module, exported: exportedBy(module) }
    })
  const exported = entries.flatMap((entry) => entry.exported)
  const all = reachable(exported)
  return [
    `The public surface of @bearward/${name}, written by "npm run api".`,
    'What changes here changes for users: see it, and say it in the commit.',
    heading('Manifest'),
    `exports ${JSON.stringify(exports)}`,
    `engines ${JSON.stringify(engines)}`,
    `peerDependencies ${JSON.stringify(peerDependencies)}`,
    ...entries.flatMap((entry) => [
      heading(`Exported${entry.path.slice(1) && ` by ${entry.path.slice(2)}`}`),
      ...listed(entry.exported),
      ...foreign(entry.module),
    ]),
    heading('Not exported, but part of what is'),
    ...listed(all.filter((declaration) => !exported.includes(declaration))),
    '',
  ].join('\n')
}

/** The declarations that a module exports: its own, those of other modules here, and what it adds to others. */
function exportedBy(module: Module): readonly Declaration[] {
  const own = [...module.declarations.values()].filter(
    ({ text }) => text.startsWith('export ') || AUGMENTED.test(text),
  )
  const others = module.reExports
    .filter(({ from }) => from.startsWith('.'))
    .flatMap(({ names, from }) => names.map((each) => find(resolve(module, from), each)))
  return [...own, ...others]
}

function foreign({ reExports }: Module): readonly string[] {
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
  /** By local name. */
  readonly imports: ReadonlyMap<string, { readonly name: string; readonly from: string }>
  readonly reExports: readonly { readonly names: readonly string[]; readonly from: string }[]
}

const modules = new Map<string, Module>()

const COMMENT = /[ \t]*\/\*\*[\s\S]*?\*\/\n?|^\/\/#.*$/gm
const DECLARED =
  /^(?:export )?(?:declare )?(?:abstract )?(?:interface|type|const|function|class)\b ?(\w*)/
/** What a module adds to others: it is there for everybody who imports anything of the module. */
const AUGMENTED = /^declare (global|module '[^']+') \{/
const FROM = /^(import|export) (?:type )?\{([^}]*)\} from '([^']+)'/

/** The compiler writes every statement at the start of a line, and indents what belongs to it. */
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
      const given = names.filter((entry) => entry !== '')
      if (kind === 'export') reExports.push({ names: given, from: from! })
      else for (const entry of given) imports.set(entry, { name: entry, from: from! })
    } else if (name !== undefined) {
      declarations.set(name, { name, text: statement, module })
    } else if (statement !== 'export {};') {
      throw new Error(`${path} holds a statement of an unknown form: ${statement}`)
    }
  }
  return module
}

function resolve(module: Module, from: string): Module {
  return readModule(posix.join(posix.dirname(module.path), from.replace(/\.ts$/, '.d.ts')))
}

function find(module: Module, name: string): Declaration {
  const declaration = module.declarations.get(name)
  if (declaration === undefined) throw new Error(`${module.path} declares no ${name}`)
  return declaration
}

/** The declarations, and all that they name, and what those name, except for what is another package's. */
function reachable(declarations: readonly Declaration[]): Declaration[] {
  const found = new Set(declarations)
  // A set that grows while it is walked is walked to its new end.
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

function listed(declarations: readonly Declaration[]): string[] {
  return declarations
    .map(({ text }) => text.replace(/^export /, '').replace(/^declare (?!global|module)/, ''))
    .sort()
    .flatMap((text) => [text, ''])
}

function heading(text: string): string {
  return `\n== ${text} ==\n`
}
