import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CASE_NAMES } from '../src/mcp/cases.ts'
import { readResults } from '../src/results.ts'

const RUN = { command: 'a', began: 'b', node: 'v24.0.0', machine: 'c', pinned: true }
const RESULTS = { bearward: { heap: 1, peak: 2 } }

describe('readResults', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'results-'))
    await mkdir(join(folder, 'node24'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  const saveResults = (results: object) =>
    writeFile(join(folder, 'node24', 'memory.json'), JSON.stringify(results))

  it('readResults reads saved results', async () => {
    const memory = { run: RUN, found: RESULTS }
    await saveResults(memory)
    expect(await readResults(folder)).toEqual([{ major: 24, parts: { memory } }])
  })

  it('readResults reads results of DPoP proofs, and rejects if one of the measurements is missing', async () => {
    const costs = { bearward: [{ cpu: 1, wall: 2 }] }
    const signatures = { ES256: costs, EdDSA: costs }
    const found = { signatures, refused: costs, unbound: costs, stores: costs }
    const saveDpop = (results: object) =>
      writeFile(join(folder, 'node24', 'dpop.json'), JSON.stringify({ run: RUN, found: results }))
    await saveDpop(found)
    const parts = { dpop: { run: RUN, found } }
    expect(await readResults(folder)).toEqual([{ major: 24, parts }])
    await saveDpop({ ...found, stores: undefined })
    await expect(readResults(folder)).rejects.toThrow('npm run bench -- dpop')
  })

  it('readResults reads results of MCP guards, and rejects if one of the cases is missing', async () => {
    const costs = { bearward: [{ cpu: 1, wall: 2 }] }
    const found = Object.fromEntries(CASE_NAMES.map((name) => [name, costs]))
    const saveMcp = (results: object) =>
      writeFile(join(folder, 'node24', 'mcp.json'), JSON.stringify({ run: RUN, found: results }))
    await saveMcp(found)
    expect(await readResults(folder)).toEqual([{ major: 24, parts: { mcp: { run: RUN, found } } }])
    await saveMcp({ ...found, 'one call': undefined })
    await expect(readResults(folder)).rejects.toThrow('npm run bench -- mcp')
  })

  it.each([
    ['without a run', RESULTS],
    ['with an incomplete run', { run: { ...RUN, pinned: undefined }, found: RESULTS }],
    ['with incomplete results', { run: RUN, found: { bearward: { heap: 1 } } }],
    ['with an array', { run: RUN, found: { bearward: [1] } }],
  ])('readResults rejects results %s, and names the file', async (_, results) => {
    await saveResults(results)
    await expect(readResults(folder)).rejects.toThrow(
      /node24.memory\.json does not have the shape .* npm run bench -- memory/,
    )
  })
})
