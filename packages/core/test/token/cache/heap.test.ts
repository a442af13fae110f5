import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

it('9700-16: a heap snapshot contains the subject of a cached token, but not the encoded claims or the signature of the token', async () => {
  const program = fileURLToPath(new URL('heap.mjs', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', program])
  // The subject must be found. Otherwise, the token was not cached, or the search in the snapshot does not work.
  expect(JSON.parse(stdout)).toEqual({
    outcomes: ['granted', 'granted', 'granted'],
    found: ['subject'],
  })
})
