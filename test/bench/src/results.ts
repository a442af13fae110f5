import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { cpus, type as system } from 'node:os'
import { join } from 'node:path'
import { FOLDER } from './folder.ts'
import type { HttpResults } from './http/http.ts'
import type { MemoryResults } from './memory/memory.ts'
import type { MicroResults } from './micro/micro.ts'
import type { StartResults } from './start/start.ts'

/** What each part of the benchmark finds. */
export interface Parts {
  readonly micro: MicroResults
  readonly http: HttpResults
  readonly memory: MemoryResults
  readonly start: StartResults
}

export const PARTS = [
  'micro',
  'http',
  'memory',
  'start',
] as const satisfies readonly (keyof Parts)[]
export type Part = (typeof PARTS)[number]

/** What one part has found on one version of Node, and where and when. */
export interface Results<P extends Part> {
  readonly part: P
  readonly node: string
  readonly machine: string
  readonly date: string
  readonly command: string
  readonly found: Parts[P]
}

/** The last results of all parts that have run on one major version of Node. */
export interface Run {
  readonly major: number
  readonly parts: { readonly [P in Part]?: Results<P> }
}

const RESULTS = join(FOLDER, 'results')

/** Keeps what a part has found, instead of what it found before on the same major version of Node. */
export async function keep<P extends Part>(part: P, found: Parts[P]): Promise<Results<P>> {
  const results: Results<P> = {
    part,
    node: process.version,
    machine: `${cpus()[0]!.model.trim()}, ${cpus().length} cores, ${system()}`,
    date: new Date().toISOString().slice(0, 10),
    command: `npm run bench -- ${part}`,
    found,
  }
  await mkdir(RESULTS, { recursive: true })
  await writeFile(
    join(RESULTS, `${part}-node${majorOf(process.version)}.json`),
    JSON.stringify(results, undefined, 1),
  )
  return results
}

/** Everything that has been kept, the newest Node first. */
export async function readRuns(): Promise<Run[]> {
  const runs = new Map<number, Record<string, Results<Part>>>()
  for (const name of await readdir(RESULTS).catch(() => [])) {
    const results = JSON.parse(await readFile(join(RESULTS, name), 'utf8')) as Results<Part>
    const major = majorOf(results.node)
    runs.set(major, { ...runs.get(major), [results.part]: results })
  }
  return [...runs].map(([major, parts]) => ({ major, parts })).sort((a, b) => b.major - a.major)
}

function majorOf(version: string): number {
  return Number(/^v(\d+)/.exec(version)![1])
}
