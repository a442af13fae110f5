import { execFile } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import type { Scenario } from './fixture.ts'

const folder = fileURLToPath(new URL('../.snippets/testing/', import.meta.url))
const vitest = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url))

/**
 * Returns a scenario that runs a snippet as a test file, with the built packages. Exactly `passed` tests must pass, and no test
 * may fail.
 */
export function runTests(name: string, passed: number): Scenario {
  return async (code) => {
    mkdirSync(folder, { recursive: true })
    writeFileSync(`${folder}${name}.test.mjs`, code)
    // Without this file, Vitest reads the configuration of the repository.
    writeFileSync(`${folder}vitest.config.mjs`, 'export default {}\n')
    const { VITEST: _, ...env } = process.env
    const output = await new Promise<string>((resolve) => {
      const args = [vitest, 'run', '--root', folder, '--reporter=json', `${name}.test.mjs`]
      execFile(process.execPath, args, { env }, (_error, stdout, stderr) =>
        resolve(stdout + stderr),
      )
    })
    expect(output).toContain('"success":true')
    expect(output).toContain(`"numPassedTests":${passed}`)
  }
}
