import { spawnSync } from 'node:child_process'
import { beforeAll, describe, expect, it } from 'vitest'
import { PACKAGES } from './files.ts'
import { describeApi } from './public-api.ts'

beforeAll(() => {
  const compiler = 'node_modules/typescript/bin/tsc'
  const packages = PACKAGES.map((name) => `packages/${name}`)
  const built = spawnSync(process.execPath, [compiler, '-b', ...packages], { encoding: 'utf8' })
  expect(built.stdout + built.stderr).toBe('')
})

describe('the public API', () => {
  it.each(PACKAGES)(
    'the public API of @bearward/%s equals its snapshot (npm run api updates the snapshot)',
    async (name) => {
      await expect(describeApi(name)).toMatchFileSnapshot(`api/${name}.txt`)
    },
  )
})
