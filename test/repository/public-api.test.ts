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

describe('the public surface', () => {
  it.each(PACKAGES)(
    'of %s is the one that was reviewed (npm run api writes it anew)',
    async (name) => {
      await expect(describeApi(name)).toMatchFileSnapshot(`api/${name}.txt`)
    },
  )
})
