import { http } from './http/http.ts'
import { memory } from './memory/memory.ts'
import { micro } from './micro/micro.ts'
import { writePage } from './page/page.ts'
import { beginRun, keep, type Part, type Parts, PARTS } from './results.ts'
import { start } from './start/start.ts'

const MEASURE: { readonly [P in Part]: () => Promise<Parts[P]> } = { micro, http, memory, start }
const NAMES: readonly string[] = [...PARTS, 'page']

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !NAMES.includes(name))
if (unknown.length > 0) {
  console.error(`There is no ${unknown.join(', ')}. npm run bench [-- ${NAMES.join(' | ')}]`)
  process.exit(2)
}
const run = beginRun(['npm run bench', ...(wanted.length > 0 ? ['--', ...wanted] : [])].join(' '))
for (const part of PARTS) {
  if (wanted.length === 0 || wanted.includes(part)) await measure(part)
}
if (wanted.includes('page')) console.log(`Written: ${(await writePage()).join(', ')}`)
else console.log('"npm run bench -- page" writes what was found to docs/performance.md.')

async function measure(part: Part): Promise<void> {
  console.log(`${part}, on Node ${process.version} ...`)
  const started = performance.now()
  await keep(run, part, await MEASURE[part]())
  console.log(`${part}: done in ${Math.round((performance.now() - started) / 1000)} s`)
}
