import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { BARE } from '../http/contestants.ts'
import { NONE } from '../memory/verifiers.ts'
import { SIGNATURE_ALONE } from '../micro/contestants.ts'
import { readResults, type VersionResults } from '../results.ts'
import { createCapacityChart, createVerificationChart } from './charts.ts'
import { createConditionsSection } from './conditions-section.ts'
import { createDpopSection } from './dpop-section.ts'
import { createHttpSection } from './http-section.ts'
import { createOverviewSection } from './overview-section.ts'
import { createMemorySection } from './memory-section.ts'
import { createMcpSection } from './mcp-section.ts'
import { createMicroSection } from './micro-section.ts'
import { createStartSection } from './start-section.ts'
import { createSummary } from './summary.ts'
import { createTargetsSection } from './targets-section.ts'

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))

const SUMMARY = 'docs/performance.md'
const CAPACITY_CHART = 'performance-http.svg'
const REPORT = 'test/bench/REPORT.md'
const VERIFICATION_CHART = 'report-cpu.svg'

/**
 * Writes the saved results to the page for users in `docs`, to the report beside the benchmarks, and to their charts.
 * Returns the paths of the files.
 */
export async function writePages(): Promise<string[]> {
  const files = createPages(await readResults())
  for (const [path, content] of Object.entries(files)) await writeFile(ROOT + path, content)
  return Object.keys(files)
}

/**
 * Creates the files, by path. The page for users and its chart show the newest version of Node with results over HTTP. The
 * overview of the report and its chart show the newest version of Node.
 */
export function createPages(versions: readonly VersionResults[]): Record<string, string> {
  const [newest] = versions
  if (newest === undefined) throw new Error('the results are missing: run npm run bench')
  const files: Record<string, string> = {}
  const images: string[] = []
  const http = versions.flatMap(({ parts }) => parts.http ?? [])[0]
  if (http) {
    files[SUMMARY] = createSummary(http, CAPACITY_CHART)
    files[`docs/${CAPACITY_CHART}`] = createCapacityChart(http.found)
    images.push(createImage(`../../docs/${CAPACITY_CHART}`))
  }
  const { micro } = newest.parts
  if (micro) {
    files[`test/bench/${VERIFICATION_CHART}`] = createVerificationChart(micro.found)
    images.push(createImage(VERIFICATION_CHART))
  }
  const report = [
    '# Benchmark report',
    ...createOverviewSection(newest),
    METHOD,
    ...images,
    ...versions.flatMap(createSections),
  ]
  return { ...files, [REPORT]: `${report.join('\n\n')}\n` }
}

const METHOD = `\`npm run bench -- page\` writes this report from the latest results of \`npm run bench\`:

- Most figures are medians of several rounds. Each section shows the number of rounds, and how much their values vary.
- In each round, all libraries and baselines are measured once, in a random order.
- Ratios and differences compare values of the same round. The median of a ratio or a difference may differ from the ratio or the
  difference of two medians in a table.
- Memory, the CPU profile and installed sizes are measured once.
- A negative cost is only noise.
- Every token has the claims of RFC 9068. A token with RS256 has about 1,000 characters.
- Every library checks signature, issuer, audience and expiry. \`${SIGNATURE_ALONE}\` checks only the signature. \`${BARE}\` and
  \`${NONE}\` check nothing.
- The versions of the libraries are in the lockfile. Their options are in \`test/bench/src/http\`, \`test/bench/src/micro\`,
  \`test/bench/src/dpop\` and \`test/bench/src/mcp\`.`

function createImage(path: string): string {
  return `![${/(?<name>[\w-]+)\.svg$/.exec(path)!.groups!['name']!}](${path})`
}

function createSections(results: VersionResults): string[] {
  const { micro, dpop, mcp, http, memory, start } = results.parts
  return [
    `## Node ${results.major}`,
    ...createConditionsSection(results),
    ...createTargetsSection(results),
    ...(micro ? createMicroSection(micro.found) : []),
    ...(dpop ? createDpopSection(dpop.found) : []),
    ...(mcp ? createMcpSection(mcp.found) : []),
    ...(http ? createHttpSection(http) : []),
    ...(memory ? createMemorySection(memory.found) : []),
    ...(start ? createStartSection(start.found) : []),
  ]
}
