import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const FOLDER = fileURLToPath(new URL('.', import.meta.url))

/** Measures the time to import packages in a new process, in milliseconds. */
export async function measureImportTime(packages: readonly string[]): Promise<number> {
  const imports = packages.map((name) => `await import('${name}')`).join('; ')
  const program = `const start = performance.now(); ${imports}; console.log(performance.now() - start)`
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', program], {
    cwd: FOLDER,
  })
  return Number(stdout)
}
