import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { listen, playShortStory } from '@bearward/example-story'
import { afterEach, describe, expect, it, vi } from 'vitest'

afterEach(() => vi.restoreAllMocks())

/** Runs a program of the examples, as it was built. */
function run(program: string): Promise<{ exitCode: number | null; lines: readonly string[] }> {
  const file = fileURLToPath(new URL(`../../examples/${program}`, import.meta.url))
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [file], (_error, stdout, stderr) => {
      resolve({ exitCode: child.exitCode, lines: `${stdout}${stderr}`.trimEnd().split('\n') })
    })
  })
}

// Each is a process of its own, and all of them start at once.
describe.concurrent('the examples', { timeout: 30_000 }, () => {
  it.each([
    ['reports/dist/demo.js', '22 of 22 answers as told above.'],
    ['koa/dist/main.js', '7 of 7 answers as told above.'],
    ['fastify/dist/main.js', '7 of 7 answers as told above.'],
    [
      'orders/dist/main.js',
      '11 of 11 scenes as told above. The programs are src/orders.ts (a service), src/restock.ts (a job) and src/stock.ts (a tool).',
    ],
  ])('%s ends well', async (program, lastLine) => {
    const { exitCode, lines } = await run(program)
    expect({ exitCode, lastLine: lines.at(-1) }).toEqual({ exitCode: 0, lastLine })
  })
})

describe('the story', () => {
  it('says which answers are not as told, where everybody may come in', async () => {
    const said = vi.spyOn(console, 'log').mockImplementation(() => {})
    const unguarded = () => listen((_request, response) => response.end('{"seenAs":"nobody"}'))
    expect(await playShortStory(unguarded)).toBe(false)

    const lines = said.mock.calls.map(([line]) => String(line))
    expect(lines.at(0)).toBe(
      '1. The stranger asks for the reports, without a token: 200. ' +
        'NOT AS TOLD: the status should be 401 and is 200. ' +
        'NOT AS TOLD: the error code of the challenge should be null and is nothing',
    )
    expect(lines.at(-1)).toBe('0 of 7 answers as told above. Not so: 1, 2, 3, 4, 5, 6, 7.')
  })
})
