import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { type as system, cpus } from 'node:os'
import { join } from 'node:path'
import { FOLDER } from './output-folder.ts'
import type { DpopResults } from './dpop/dpop.ts'
import type { HttpResults } from './http/http.ts'
import type { McpResults } from './mcp/mcp.ts'
import type { MemoryResults } from './memory/memory.ts'
import type { MicroResults } from './micro/micro.ts'
import { canPin } from './processes.ts'
import { isPartResults } from './shapes.ts'
import type { StartResults } from './start/start.ts'

/** Results of each part of the benchmark. */
export interface Parts {
  readonly micro: MicroResults
  readonly dpop: DpopResults
  readonly mcp: McpResults
  readonly http: HttpResults
  readonly memory: MemoryResults
  readonly start: StartResults
}

export const PARTS = [
  'micro',
  'dpop',
  'mcp',
  'http',
  'memory',
  'start',
] as const satisfies readonly (keyof Parts)[]
export type Part = (typeof PARTS)[number]

/** One command that ran one or more parts of the benchmark, in sequence. */
export interface Run {
  readonly command: string
  /** ISO date and time of the start. It identifies the run. */
  readonly began: string
  readonly node: string
  readonly machine: string
  /** `true` if servers and the load generator were pinned to different cores. */
  readonly pinned: boolean
}

/** Results of one part, with the run that measured them. */
export interface PartResults<P extends Part> {
  readonly run: Run
  readonly found: Parts[P]
}

/** Latest results of every part that was measured on one major version of Node. */
export interface VersionResults {
  readonly major: number
  readonly parts: { readonly [P in Part]?: PartResults<P> }
}

const RESULTS = join(FOLDER, 'results')
const VERSION_FOLDER = /^node(\d+)$/

/**
 * Creates the description of the current run. `run.mjs` starts one process for each version of Node, and gives all of them the
 * same start time.
 */
export function startRun(command: string): Run {
  return {
    command,
    began: process.env['BENCH_STARTED_AT'] ?? new Date().toISOString(),
    node: process.version,
    machine: `${cpus()[0]!.model.trim()}, ${cpus().length} cores, ${system()}`,
    pinned: canPin,
  }
}

/** Saves the results of a part. They replace earlier results for the same major version of Node. */
export async function saveResults<P extends Part>(
  run: Run,
  part: P,
  found: Parts[P],
): Promise<void> {
  const folder = join(RESULTS, `node${/^v(\d+)/.exec(run.node)![1]}`)
  const results: PartResults<P> = { run, found }
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, toFileName(part)), JSON.stringify(results, undefined, 1))
}

/**
 * Reads all saved results, the newest version of Node first. Rejects if an earlier version of the benchmark has written
 * a file with another shape.
 */
export async function readResults(results = RESULTS): Promise<VersionResults[]> {
  const folders = await readdir(results).catch(() => [])
  const majors = folders.flatMap((name) => VERSION_FOLDER.exec(name)?.[1] ?? []).map(Number)
  const versions = majors.map(async (major): Promise<VersionResults> => {
    const folder = join(results, `node${major}`)
    const files = await readdir(folder)
    const parts = await Promise.all(
      PARTS.filter((part) => files.includes(toFileName(part))).map(
        async (part) => [part, await readPartResults(folder, part)] as const,
      ),
    )
    return { major, parts: Object.fromEntries(parts) as VersionResults['parts'] }
  })
  return (await Promise.all(versions)).sort((a, b) => b.major - a.major)
}

async function readPartResults<P extends Part>(folder: string, part: P): Promise<PartResults<P>> {
  const file = join(folder, toFileName(part))
  const results: unknown = JSON.parse(await readFile(file, 'utf8'))
  if (isPartResults(part, results)) return results
  throw new Error(
    `${file} does not have the shape of the current results: delete the file, or measure again on that version of Node with npm run bench -- ${part}`,
  )
}

function toFileName(part: Part): string {
  return `${part}.json`
}
