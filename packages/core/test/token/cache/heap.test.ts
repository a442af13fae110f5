import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

it('caches a token without keeping its text anywhere in memory', async () => {
  const program = fileURLToPath(new URL('heap.mjs', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', program])
  // The subject is found, so the token is cached and the search works.
  expect(JSON.parse(stdout)).toEqual({
    outcomes: ['granted', 'granted', 'granted'],
    found: ['subject'],
  })
})
