import { join } from 'node:path'
import { ROOT, run } from '../packaging/tarballs.mjs'

/**
 * Compiles `examples/deno`, and runs it with a Deno program. The packages must be built. Throws if the API does not run in Deno, or
 * if a response is not as expected.
 */
export async function runDenoExample(program) {
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc')
  const example = join(ROOT, 'examples/deno')
  const compiled = await run(process.execPath, [compiler, '-b', example])
  if (compiled.failed) throw new Error(compiled.output)
  const env = { ...process.env, DENO: program, DENO_NO_UPDATE_CHECK: '1' }
  const { failed, output } = await run(process.execPath, [join(example, 'dist/main.js')], { env })
  if (failed || !output.includes('The API runs in Deno.')) throw new Error(output)
}
