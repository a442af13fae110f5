import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { bundleNodeProgram } from '../../../test/support/bundle-program.ts'
import { startProgram } from '../../../test/support/child-program.ts'
import { closing } from '../../../test/support/closing.ts'
import { SERVERS, startRedisServer } from '../../../test/support/redis-server.ts'
import { createUse } from './uses.ts'

const PROCESSES = 4
const COPIES = 25

it.each(SERVERS)(
  `firstUse() returns true for exactly one of ${PROCESSES * COPIES} uses of a proof by ${PROCESSES} processes (%s)`,
  async (name) => {
    const server = closing(await startRedisServer({ name }))
    const code = await bundleNodeProgram(fileURLToPath(new URL('process.ts', import.meta.url)))
    const input = JSON.stringify({ url: server.url, copies: COPIES, proof: createUse() })
    const programs = await Promise.all(
      Array.from({ length: PROCESSES }, () =>
        startProgram({ runtime: process.execPath, args: [], code, input }),
      ),
    )
    for (const program of programs) closing(program)
    // All processes have connected. Each one waits for an element of this list.
    await server.command('RPUSH', 'begin', ...programs.map(String))
    const results: boolean[] = []
    for (const { output } of programs) {
      await expect.poll(output, { timeout: 30_000 }).toMatch(/\n$/)
      results.push(...(JSON.parse(output()) as boolean[]))
    }
    expect(results).toHaveLength(PROCESSES * COPIES)
    expect(results.filter((isFirst) => isFirst)).toHaveLength(1)
  },
)
