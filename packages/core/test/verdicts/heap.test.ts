import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

it('remembers a verdict without keeping the token anywhere in memory', async () => {
  const program = fileURLToPath(new URL('heap.mjs', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', program])
  // That the subject is found shows that there is a verdict, and that looking for it finds what is there.
  expect(JSON.parse(stdout)).toEqual({
    outcomes: ['granted', 'granted', 'granted'],
    found: ['subject'],
  })
})
