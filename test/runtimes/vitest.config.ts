import { defineConfig } from 'vitest/config'
import base from '../../vitest.config.ts'

// The tests of `npm run test:runtimes` that need Bun and Deno. `npm test` does not run them.
export default defineConfig({
  ...base,
  test: { ...base.test, include: ['test/runtimes/*.suite.ts'] },
})
