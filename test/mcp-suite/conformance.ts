import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runProgram } from './programs.ts'

/** The version of the protocol whose scenarios are run. */
export const VERSION = '2026-07-28'

/** One check of a scenario. */
interface Check {
  readonly id: string
  readonly status: 'SUCCESS' | 'FAILURE' | 'WARNING' | 'SKIPPED' | 'INFO'
  readonly errorMessage?: string
}

/** The results of the conformance suite. */
export interface Conformance {
  /** 0 if all required scenarios pass. */
  readonly exitCode: number | null
  /** The checks of each scenario, as in `SUCCESS tools-list`, in the order in which they ran. */
  readonly scenarios: Readonly<Record<string, readonly string[]>>
  /** The messages of the failed checks. */
  readonly messages: readonly string[]
}

/** Runs those scenarios of the conformance suite that test a server. */
export async function runConformance(address: string): Promise<Conformance> {
  const directory = await mkdtemp(join(tmpdir(), 'bearward-mcp-suite-'))
  try {
    const args = ['server', '--url', address, '--requirements', VERSION, '-o', directory]
    const { exitCode } = await runProgram('conformance', args)
    const scenarios: Record<string, readonly string[]> = {}
    const messages: string[] = []
    // One folder for each scenario, such as `server-tools-list-2026-11-30T21-44-06-540Z`.
    for (const folder of (await readdir(directory)).sort()) {
      const name = /^server-(.*)-\d{4}-\d\d-\d\dT[\d-]+Z$/.exec(folder)![1]!
      const checks = await readChecks(join(directory, folder, 'checks.json'))
      scenarios[name] = checks.map(({ id, status }) => `${status} ${id}`)
      for (const { id, status, errorMessage } of checks)
        if (status === 'FAILURE') messages.push(`${name}, ${id}: ${errorMessage}`)
    }
    return { exitCode, scenarios, messages }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** Reads the checks of a scenario. If the scenario ended with an error, it has no file. */
async function readChecks(file: string): Promise<readonly Check[]> {
  const text = await readFile(file, 'utf8').catch(() => undefined)
  return text === undefined
    ? [{ id: 'scenario-ended-with-an-error', status: 'FAILURE' }]
    : (JSON.parse(text) as readonly Check[])
}

/** Returns the names of scenarios with a failed check. */
export function findFailed({ scenarios }: Conformance): readonly string[] {
  return Object.entries(scenarios)
    .filter(([, checks]) => checks.some((check) => check.startsWith('FAILURE')))
    .map(([name]) => name)
}

/** Returns the number of checks with a status. */
export function countChecks({ scenarios }: Conformance, status: Check['status']): number {
  return Object.values(scenarios)
    .flat()
    .filter((check) => check.startsWith(status)).length
}
