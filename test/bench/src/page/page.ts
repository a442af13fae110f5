import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { BARE } from '../http/contestants.ts'
import { NONE } from '../memory/verifiers.ts'
import { SIGNATURE_ALONE } from '../micro/contestants.ts'
import { readResults, type VersionResults } from '../results.ts'
import { createCapacityChart, createVerificationChart } from './charts.ts'
import { createConditionsSection } from './conditions-section.ts'
import { createHttpSection } from './http-section.ts'
import { createOverviewSection } from './overview-section.ts'
import { createMemorySection } from './memory-section.ts'
import { createMicroSection } from './micro-section.ts'
import { createStartSection } from './start-section.ts'
import { createTargetsSection } from './targets-section.ts'

const DOCS = fileURLToPath(new URL('../../../../docs/', import.meta.url))

/** Writes the saved results to `docs/performance.md` and its charts. Returns the names of the files. */
export async function writePage(): Promise<string[]> {
  const files = createPage(await readResults())
  for (const [name, content] of Object.entries(files)) await writeFile(`${DOCS}${name}`, content)
  return Object.keys(files)
}

/** Creates the files of the page, by name. The overview and the charts show the newest version of Node. */
export function createPage(versions: readonly VersionResults[]): Record<string, string> {
  const [newest] = versions
  if (newest === undefined) throw new Error('the results are missing: run npm run bench')
  const { http, micro } = newest.parts
  const charts: Record<string, string> = {}
  if (http) charts['performance-http.svg'] = createCapacityChart(http.found)
  if (micro) charts['performance-cpu.svg'] = createVerificationChart(micro.found)
  const page = [
    '# Performance',
    ...createOverviewSection(newest),
    METHOD,
    ...Object.keys(charts).map(image),
    ...versions.flatMap(createSections),
  ]
  return { 'performance.md': `${page.join('\n\n')}\n`, ...charts }
}

const METHOD = `\`npm run bench -- page\` writes this page from the latest results of \`npm run bench\`:

- Most figures are medians of several rounds. Each section shows the number of rounds and how much they vary.
- In each round, all libraries and baselines are measured once, in a random order.
- Ratios and differences compare values of the same round. Their median can differ from the ratio or difference of two rows.
- Memory, the CPU profile and installed sizes are measured once.
- A negative cost is noise.
- Every token has the claims of RFC 9068. With RS256 it has about 1,000 characters.
- Every library checks signature, issuer, audience and expiry. \`${SIGNATURE_ALONE}\` checks the signature only. \`${BARE}\` and
  \`${NONE}\` check nothing.
- The versions of the libraries are in the lockfile. Their options are in \`test/bench/src/http\` and \`test/bench/src/micro\`.`

const image = (name: string) => `![${name.replace('.svg', '')}](${name})`

function createSections(results: VersionResults): string[] {
  const { micro, http, memory, start } = results.parts
  return [
    `## Node ${results.major}`,
    ...createConditionsSection(results),
    ...createTargetsSection(results),
    ...(micro ? createMicroSection(micro.found) : []),
    ...(http ? createHttpSection(http) : []),
    ...(memory ? createMemorySection(memory.found) : []),
    ...(start ? createStartSection(start.found) : []),
  ]
}
