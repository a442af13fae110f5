import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

it('9700-16: a heap snapshot contains the subject of a cached token, but not its encoded claims or its signature', async () => {
  const program = fileURLToPath(new URL('heap.mjs', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', program])
  // The subject in the snapshot shows that the token is cached and that the search works.
  expect(JSON.parse(stdout)).toEqual({
    outcomes: ['granted', 'granted', 'granted'],
    found: ['subject'],
  })
})
