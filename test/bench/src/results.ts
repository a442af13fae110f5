import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { cpus, type as system } from 'node:os'
import { join } from 'node:path'
import { FOLDER } from './folder.ts'
import type { HttpResults } from './http/http.ts'
import type { MemoryResults } from './memory/memory.ts'
import type { MicroResults } from './micro/micro.ts'
import { canPin } from './processes.ts'
import { isOfPart } from './shapes.ts'
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

/** One command that has run parts of the benchmark, one after the other. */
export interface Run {
  readonly command: string
  /** An ISO date and time, which tells it from all others. */
  readonly began: string
  readonly node: string
  readonly machine: string
  /** Whether servers and what loads them were kept on cores of their own. */
  readonly pinned: boolean
}

/** What one part has found, and in which run. */
export interface Results<P extends Part> {
  readonly run: Run
  readonly found: Parts[P]
}

/** The last results of all parts that have run on one major version of Node. */
export interface Findings {
  readonly major: number
  readonly parts: { readonly [P in Part]?: Results<P> }
}

const RESULTS = join(FOLDER, 'results')
const FOLDER_OF_NODE = /^node(\d+)$/

/** The run that begins now, in this process. */
export function beginRun(command: string): Run {
  return {
    command,
    began: new Date().toISOString(),
    node: process.version,
    machine: `${cpus()[0]!.model.trim()}, ${cpus().length} cores, ${system()}`,
    pinned: canPin,
  }
}

/** Keeps what a part has found, instead of what it found before on the same major version of Node. */
export async function keep<P extends Part>(run: Run, part: P, found: Parts[P]): Promise<void> {
  const folder = join(RESULTS, `node${/^v(\d+)/.exec(run.node)![1]}`)
  const results: Results<P> = { run, found }
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, fileOf(part)), JSON.stringify(results, undefined, 1))
}

/**
 * Everything that has been kept, the newest Node first. Rejects where something was kept before a part was changed.
 */
export async function readFindings(results = RESULTS): Promise<Findings[]> {
  const folders = await readdir(results).catch(() => [])
  const majors = folders.flatMap((name) => FOLDER_OF_NODE.exec(name)?.[1] ?? []).map(Number)
  const found = majors.map(async (major): Promise<Findings> => {
    const folder = join(results, `node${major}`)
    const files = await readdir(folder)
    const parts = await Promise.all(
      PARTS.filter((part) => files.includes(fileOf(part))).map(
        async (part) => [part, await readResults(folder, part)] as const,
      ),
    )
    return { major, parts: Object.fromEntries(parts) as Findings['parts'] }
  })
  return (await Promise.all(found)).sort((a, b) => b.major - a.major)
}

async function readResults<P extends Part>(folder: string, part: P): Promise<Results<P>> {
  const file = join(folder, fileOf(part))
  const results: unknown = JSON.parse(await readFile(file, 'utf8'))
  if (isOfPart(part, results)) return results
  throw new Error(
    `${file} has another shape than what is measured today: delete it, or measure again on that Node with npm run bench -- ${part}`,
  )
}

function fileOf(part: Part): string {
  return `${part}.json`
}
