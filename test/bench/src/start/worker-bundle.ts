import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'rolldown'

/** Returns the size of `@bearward/express` in bytes: one minified file after gzip, for a runtime without modules of Node. */
export async function measureWorkerBundle(): Promise<number> {
  const { output } = await build({
    input: 'entry',
    plugins: [
      {
        name: 'entry',
        resolveId: (id) =>
          id === 'entry' ? fileURLToPath(new URL('entry.js', import.meta.url)) : null,
        load: (id) => (id.endsWith('entry.js') ? "export * from '@bearward/express'" : null),
      },
    ],
    platform: 'neutral',
    onLog(level, { message }) {
      if (level === 'warn') throw new Error(message)
    },
    output: { minify: true },
    write: false,
  })
  return gzipSync(output[0].code, { level: 9 }).length
}
