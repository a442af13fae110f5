import { measureDpop } from './dpop/dpop.ts'
import { requireRedisServer } from './dpop/redis-server.ts'
import { measureHttp } from './http/http.ts'
import { measureMcp } from './mcp/mcp.ts'
import { measureMemory } from './memory/memory.ts'
import { measureMicro } from './micro/micro.ts'
import { writePages } from './page/page.ts'
import { type Part, type Parts, PARTS, saveResults, startRun } from './results.ts'
import { measureStart } from './start/start.ts'

const MEASURE: { readonly [P in Part]: () => Promise<Parts[P]> } = {
  micro: measureMicro,
  dpop: () => measureDpop(),
  mcp: () => measureMcp(),
  http: measureHttp,
  memory: measureMemory,
  start: measureStart,
}
const NAMES: readonly string[] = [...PARTS, 'page']

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !NAMES.includes(name))
if (unknown.length > 0) {
  console.error(
    `Unknown part: ${unknown.join(', ')}. Usage: npm run bench [-- ${NAMES.join(' | ')}]`,
  )
  process.exit(2)
}
const run = startRun(['npm run bench', ...(wanted.length > 0 ? ['--', ...wanted] : [])].join(' '))
const parts = PARTS.filter((part) => wanted.length === 0 || wanted.includes(part))
// A missing program must be reported before the other parts are measured.
if (parts.includes('dpop')) requireRedisServer()
for (const part of parts) await measure(part)
if (wanted.includes('page')) console.log(`Wrote ${(await writePages()).join(', ')}`)
else
  console.log(
    'Run "npm run bench -- page" to write the results to docs/performance.md and test/bench/REPORT.md.',
  )

async function measure(part: Part): Promise<void> {
  console.log(`${part}: measuring on Node ${process.version} ...`)
  const started = performance.now()
  await saveResults(run, part, await MEASURE[part]())
  console.log(`${part}: done in ${Math.round((performance.now() - started) / 1000)} s`)
}
