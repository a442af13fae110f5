import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const repository = new URL('../../', import.meta.url)

/** Block of code in a document. */
export interface Snippet {
  /** The heading above the block. After a line such as `In Koa (3 and 2):`, `: Koa` is appended. */
  readonly heading: string
  readonly language: 'js' | 'ts'
  readonly code: string
}

/** Returns the blocks of JavaScript and TypeScript of a document in order. */
export function readSnippets(document: string): readonly Snippet[] {
  const text = readFileSync(new URL(document, repository), 'utf8')
  const snippets: Snippet[] = []
  let heading = ''
  let variant = ''
  for (const [, title, framework, language, code] of text.matchAll(
    /^#+ (.*)$|^In ([\w.]+) \(.*\):$|^```(js|ts)\n([^]*?)^```$/gm,
  )) {
    if (title !== undefined) [heading, variant] = [title, '']
    else if (framework !== undefined) variant = `: ${framework}`
    else
      snippets.push({ heading: heading + variant, language: language as 'js' | 'ts', code: code! })
  }
  return snippets
}

/**
 * Replaces the parts of a snippet that depend on the reader, such as addresses and ports.
 *
 * @throws {Error} If the snippet does not contain one of the parts.
 */
export function adapt(code: string, replacements: Readonly<Record<string, string>>): string {
  return Object.entries(replacements).reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`The snippet does not contain: ${from}`)
    return text.replaceAll(from, to)
  }, code)
}

/**
 * Replaces the address of the configuration module in the imports of a snippet, such as `./bearward.js` or `@/bearward`. Each
 * framework has another address for this module.
 */
export function withConfiguration(code: string, module: string): string {
  return code.replaceAll(/'[\w@#./]*\/bearward(?:\.[jt]s)?'/g, `'${module}'`)
}

/**
 * Writes a snippet to a module, imports the module and returns its exports. The name is the name of the file, without `.mjs` or
 * with `.mts`. Another snippet needs another name, because a module is loaded once.
 */
export async function runSnippet(name: string, code: string): Promise<Record<string, unknown>> {
  const folder = new URL('test/.snippets/', repository)
  mkdirSync(folder, { recursive: true })
  const file = fileURLToPath(new URL(name.endsWith('.mts') ? name : `${name}.mjs`, folder))
  writeFileSync(file, code)
  return (await import(/* @vite-ignore */ file)) as Record<string, unknown>
}

/**
 * Compiles snippets as strict TypeScript. `snippets` contains the code of each file by name. Returns the output of the compiler,
 * which is empty if there are no errors. Each caller uses its own folder, because tests run in parallel.
 */
export async function compileSnippets(
  folderName: string,
  snippets: Readonly<Record<string, string>>,
  options: Readonly<Record<string, boolean | readonly string[]>> = {},
): Promise<string> {
  const folder = new URL(`test/.snippets/${folderName}/`, repository)
  mkdirSync(folder, { recursive: true })
  const files = Object.entries(snippets).map(([name, code]) => {
    const file = `${name.replace(/\W+/g, '-')}.mts`
    writeFileSync(new URL(file, folder), code)
    return file
  })
  // These two rules are not about the correctness of a snippet.
  const relaxed = { noPropertyAccessFromIndexSignature: false, noUnusedParameters: false }
  const compilerOptions = { noEmit: true, composite: false, ...relaxed, ...options }
  const config = { extends: '../../../tsconfig.base.json', compilerOptions, files }
  writeFileSync(new URL('tsconfig.json', folder), JSON.stringify(config))
  const compiler = fileURLToPath(new URL('node_modules/typescript/bin/tsc', repository))
  return new Promise((resolve) => {
    const project = fileURLToPath(folder)
    execFile(process.execPath, [compiler, '-p', project], (_error, stdout, stderr) =>
      resolve(stdout + stderr),
    )
  })
}
