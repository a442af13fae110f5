import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readFindings } from '../src/results.ts'

const RUN = { command: 'a', began: 'b', node: 'v24.0.0', machine: 'c', pinned: true }
const FOUND = { bearward: { heap: 1, peak: 2 } }

describe('results that were kept', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'results-'))
    await mkdir(join(folder, 'node24'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  const keep = (results: object) =>
    writeFile(join(folder, 'node24', 'memory.json'), JSON.stringify(results))

  it('are read', async () => {
    const memory = { run: RUN, found: FOUND }
    await keep(memory)
    expect(await readFindings(folder)).toEqual([{ major: 24, parts: { memory } }])
  })

  it.each([
    ['as nothing but what was found', FOUND],
    ['with a run that says less', { run: { ...RUN, pinned: undefined }, found: FOUND }],
    ['with less in what was found', { run: RUN, found: { bearward: { heap: 1 } } }],
    ['with a list in it', { run: RUN, found: { bearward: [1] } }],
  ])('in another shape, %s, are refused by name', async (_, results) => {
    await keep(results)
    await expect(readFindings(folder)).rejects.toThrow(
      /node24.memory\.json has another shape .* npm run bench -- memory/,
    )
  })
})
