import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ROOT, run } from './tarballs.mjs'

const TYPESCRIPT = join(ROOT, 'node_modules/typescript/bin/tsc')

/** As strict as a consumer can be, libraries included. */
const STRICT = {
  target: 'ES2022',
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: false,
}

/** The two ways in which a compiler finds packages today. */
export const RESOLUTIONS = {
  nodenext: { module: 'nodenext' },
  bundler: { module: 'esnext', moduleResolution: 'bundler' },
}

/** Compiles files of a project. Gives what the compiler says, which is nothing where all is well. */
export async function compile(project, files, options) {
  const config = join(project, 'tsconfig.json')
  await writeFile(config, JSON.stringify({ compilerOptions: { ...STRICT, ...options }, files }))
  return (await run(process.execPath, [TYPESCRIPT, '-p', config], { cwd: project })).output
}
