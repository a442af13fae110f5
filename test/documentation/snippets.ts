import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const repository = new URL('../../', import.meta.url)

/**
 * The blocks of JavaScript of a document, in order, each with the heading above it. Where several stand
 * under one heading, the line before a block tells them apart: `In Koa (3 and 2):` makes `: Koa` of it.
 */
export function readSnippets(document: string): readonly { heading: string; code: string }[] {
  const text = readFileSync(new URL(document, repository), 'utf8')
  const snippets: { heading: string; code: string }[] = []
  let heading = ''
  let variant = ''
  for (const [, title, framework, code] of text.matchAll(
    /^#+ (.*)$|^In (\w+) \(.*\):$|^```js\n([^]*?)^```$/gm,
  )) {
    if (title !== undefined) [heading, variant] = [title, '']
    else if (framework !== undefined) variant = `: ${framework}`
    else snippets.push({ heading: heading + variant, code: code! })
  }
  return snippets
}

/** Replaces what only a reader can know (addresses, ports). What is not there to be replaced is an error. */
export function adapt(code: string, replacements: Readonly<Record<string, string>>): string {
  return Object.entries(replacements).reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`The snippet does not contain: ${from}`)
    return text.replaceAll(from, to)
  }, code)
}

/** Writes a snippet as a module of its own and imports it, as a reader would. */
export async function runSnippet(name: string, code: string): Promise<Record<string, unknown>> {
  const folder = new URL('test/.snippets/', repository)
  mkdirSync(folder, { recursive: true })
  const file = fileURLToPath(new URL(`${name}.mjs`, folder))
  writeFileSync(file, code)
  return (await import(/* @vite-ignore */ file)) as Record<string, unknown>
}

/** Compiles snippets, by their names, as TypeScript. Gives what the compiler says, which is nothing where all is well. */
export async function compileSnippets(snippets: Readonly<Record<string, string>>): Promise<string> {
  const folder = new URL('test/.snippets/types/', repository)
  mkdirSync(folder, { recursive: true })
  const files = Object.entries(snippets).map(([name, code]) => {
    const file = `${name.replace(/\W+/g, '-')}.mts`
    writeFileSync(new URL(file, folder), code)
    return file
  })
  // What is a matter of taste is left to the reader.
  const taste = { noPropertyAccessFromIndexSignature: false, noUnusedParameters: false }
  const compilerOptions = { noEmit: true, composite: false, ...taste }
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
