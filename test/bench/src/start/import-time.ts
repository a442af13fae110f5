import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const HERE = fileURLToPath(new URL('.', import.meta.url))

/** Milliseconds that packages take to be imported by a process that has imported nothing yet. */
export async function importTime(packages: readonly string[]): Promise<number> {
  const imports = packages.map((name) => `await import('${name}')`).join('; ')
  const program = `const start = performance.now(); ${imports}; console.log(performance.now() - start)`
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', program], {
    cwd: HERE,
  })
  return Number(stdout)
}
