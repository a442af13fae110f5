import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url))

// Tests run on the sources: these aliases resolve imports of packages to `src` instead of `dist`.
export default defineConfig({
  resolve: {
    alias: [
      { find: '#base64url', replacement: source('packages/core/src/lib/node-base64url.ts') },
      { find: '#sha256', replacement: source('packages/core/src/lib/node-sha256.ts') },
      {
        find: '#fetch',
        replacement: source('packages/core/src/authorization-server/node-fetch.ts'),
      },
      {
        find: '#signature-engine',
        replacement: source('packages/core/src/signature/node-engine.ts'),
      },
      {
        find: '#async-context',
        replacement: source('packages/core/src/lib/node-async-context.ts'),
      },
      {
        find: '#diagnostics-channel',
        replacement: source('packages/core/src/lib/node-diagnostics-channel.ts'),
      },
      { find: /^@bearward\/example-(.*)$/, replacement: source('examples/$1/src/index.ts') },
      {
        find: /^@bearward\/(\w+)\/([\w-]+)$/,
        replacement: source('packages/$1/src/$2.ts'),
      },
      {
        find: /^@bearward\/([a-z]+)$/,
        replacement: source('packages/$1/src/index.ts'),
      },
    ],
  },
  test: {
    // The default leaves one core idle, which is half of a small machine.
    maxWorkers: Math.max(2, availableParallelism()),
    reporters: ['default', source('test/support/closing-line.ts')],
    setupFiles: [source('test/support/watch-events.ts')],
    include: ['packages/*/test/**/*.test.ts', 'test/**/*.test.ts'],
    // These timeouts are long, so that a busy machine does not fail the tests.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    coverage: { include: ['packages/*/src/**'] },
  },
})
