import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { BARE } from '../http/contestants.ts'
import { NONE } from '../memory/verifiers.ts'
import { FLOOR } from '../micro/contestants.ts'
import { type Findings, readFindings } from '../results.ts'
import { capacityChart, verificationChart } from './charts.ts'
import { conditions } from './conditions.ts'
import { httpSection } from './http-section.ts'
import { inShort } from './in-short.ts'
import { memorySection } from './memory-section.ts'
import { microSection } from './micro-section.ts'
import { startSection } from './start-section.ts'
import { targetsSection } from './targets-section.ts'

const DOCS = fileURLToPath(new URL('../../../../docs/', import.meta.url))

/** Writes what has been found to `docs/performance.md` and its charts. Returns the names of the files. */
export async function writePage(): Promise<string[]> {
  const files = pageOf(await readFindings())
  for (const [name, content] of Object.entries(files)) await writeFile(`${DOCS}${name}`, content)
  return Object.keys(files)
}

/** The files of the page, by name. What comes before the sections shows the newest Node. */
export function pageOf(findings: readonly Findings[]): Record<string, string> {
  const [newest] = findings
  if (newest === undefined) throw new Error('nothing has been measured: npm run bench')
  const { http, micro } = newest.parts
  const charts: Record<string, string> = {}
  if (http) charts['performance-http.svg'] = capacityChart(http.found)
  if (micro) charts['performance-cpu.svg'] = verificationChart(micro.found)
  const page = [
    '# Performance',
    ...inShort(newest),
    METHOD,
    ...Object.keys(charts).map(image),
    ...findings.flatMap(sectionsOf),
  ]
  return { 'performance.md': `${page.join('\n\n')}\n`, ...charts }
}

const METHOD = `Written by \`npm run bench -- page\` from the last results of \`npm run bench\`. What is measured in rounds is shown as their
median; the contestants take turns, in another order every round. Ratios and differences are medians of those within one round, so
that they need not agree with the difference of two rows. Memory, where the time goes and what is installed are measured once. Where
there are rounds, the section says how many, and how far they lie apart; a cost below zero is such noise. Every token is like those of
RFC 9068 (about 1,000 characters with RS256). Whatever verifies tokens checks signature, issuer, audience and expiry; \`${FLOOR}\`
does only what its name says, and \`${BARE}\` and \`${NONE}\` check nothing. The versions of the peers are those in the lockfile, the options
that they run with stand in \`test/bench/src/http\` and \`test/bench/src/micro\`.`

const image = (name: string) => `![${name.replace('.svg', '')}](${name})`

function sectionsOf(findings: Findings): string[] {
  const { micro, http, memory, start } = findings.parts
  return [
    `## Node ${findings.major}`,
    ...conditions(findings),
    ...targetsSection(findings),
    ...(micro ? microSection(micro.found) : []),
    ...(http ? httpSection(http) : []),
    ...(memory ? memorySection(memory.found) : []),
    ...(start ? startSection(start.found) : []),
  ]
}
