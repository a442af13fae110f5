import { defineConfig } from 'vitest/config'
import base from '../../vitest.config.ts'

// The tests of `npm run test:mcp-suite`. `npm test` does not run them.
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: ['test/mcp-suite/*.suite.ts'],
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
})
