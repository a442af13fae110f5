import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ROOT, run } from './tarballs.mjs'

/** Compilers by major version. TypeScript 5 is the last version that supports `moduleResolution: node`. */
const COMPILERS = {
  5: join(ROOT, 'test/node_modules/typescript5/bin/tsc'),
  7: join(ROOT, 'node_modules/typescript/bin/tsc'),
}

/** Strictest settings of a consumer. They also check the declarations of libraries. */
const STRICT = {
  target: 'ES2022',
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: false,
}

/** Settings with which a compiler resolves packages. `typescript` is the major version of the compiler. */
export const RESOLUTIONS = {
  nodenext: { typescript: 7, module: 'nodenext' },
  bundler: { typescript: 7, module: 'esnext', moduleResolution: 'bundler' },
  'TypeScript 5, node': {
    typescript: 5,
    module: 'commonjs',
    moduleResolution: 'node',
    esModuleInterop: true,
  },
  'TypeScript 5, node16': { typescript: 5, module: 'node16' },
  'TypeScript 5, nodenext': { typescript: 5, module: 'nodenext' },
  'TypeScript 5, bundler': { typescript: 5, module: 'preserve', moduleResolution: 'bundler' },
}

/** Returns whether a file may be compiled to CommonJS and import an ES module. `node16` does not allow it. */
export const allowsCommonJs = ({ module }) => module === 'commonjs' || module === 'nodenext'

/** Returns whether a compiler writes ES modules. */
export const allowsEsModules = ({ module }) => module !== 'commonjs'

/** Returns a directory name for a setting. */
export const toDirectoryName = (setting) => setting.replace(/\W+/g, '-')

/** Compiles files of a project. Returns the errors of the compiler, or an empty string. */
export async function compile(project, files, { typescript = 7, ...options }) {
  const config = join(project, 'tsconfig.json')
  await writeFile(config, JSON.stringify({ compilerOptions: { ...STRICT, ...options }, files }))
  const args = [COMPILERS[typescript], '-p', config]
  return (await run(process.execPath, args, { cwd: project })).output
}
