import { execFile } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { describeDocument } from './fixture.ts'

const folder = fileURLToPath(new URL('../.snippets/recipes-vitest/', import.meta.url))
const vitest = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url))

// `test/packaging/jest.test.mjs` runs Jest and ts-jest with the configurations of the page.
describeDocument('docs/recipes/jest-and-commonjs.md', {
  async 'Jest, Vitest and CommonJS'(code) {
    mkdirSync(folder, { recursive: true })
    writeFileSync(`${folder}route.test.mjs`, code)
    // Without this file, Vitest reads the configuration of the repository.
    writeFileSync(`${folder}vitest.config.mjs`, 'export default {}\n')
    const { VITEST: _, ...env } = process.env
    const output = await new Promise<string>((resolve) => {
      const args = [vitest, 'run', '--root', folder, '--reporter=json']
      execFile(process.execPath, args, { env }, (_error, stdout, stderr) =>
        resolve(stdout + stderr),
      )
    })
    expect(output).toContain('"numPassedTests":1')
    expect(output).toContain('"success":true')
  },
})

it('require returns createBearward and auth of @bearward/express', () => {
  const required = createRequire(import.meta.url)('@bearward/express') as Record<string, unknown>
  expect(typeof required['createBearward']).toBe('function')
  expect(typeof required['auth']).toBe('function')
})
