import type { Cost } from './micro/cost.ts'
import type { RunningProgram } from './processes.ts'

/** Number of operations before the first round and in each round, and the number of measured rounds. */
export interface Size {
  readonly warmUp: number
  readonly round: number
  readonly rounds: number
}

/** Command that makes a program measure one round. The program responds with a `Cost`. */
export const MEASURE_ROUND = { type: 'measure round' } as const

/** Measures the cost of one operation of each program, by name and round, and ends the programs. All programs are warmed up. */
export async function measurePrograms(
  programs: ReadonlyMap<string, RunningProgram<unknown>>,
  rounds: number,
): Promise<Record<string, Cost[]>> {
  const costs = await measureInRounds([...programs.keys()], 1 + rounds, (name) =>
    programs.get(name)!.request<Cost>(MEASURE_ROUND),
  )
  await Promise.all([...programs.values()].map((program) => program.end()))
  // The first round is dropped, because the programs were idle until the last program had warmed up.
  return Object.fromEntries(Object.entries(costs).map(([name, [, ...rest]]) => [name, rest]))
}

/**
 * Measures every contestant once per round, in a random order. So other work on the machine affects all contestants
 * equally. Returns the measured values by contestant and round.
 */
export async function measureInRounds<T>(
  contestants: readonly string[],
  rounds: number,
  measure: (contestant: string, round: number) => Promise<T>,
): Promise<Record<string, T[]>> {
  const measured = Object.fromEntries(contestants.map((name) => [name, [] as T[]]))
  for (let round = 0; round < rounds; round++) {
    for (const name of shuffle(contestants)) measured[name]!.push(await measure(name, round))
  }
  return measured
}

function shuffle<T>(values: readonly T[]): T[] {
  const rest = [...values]
  return values.map(() => rest.splice(Math.floor(Math.random() * rest.length), 1)[0]!)
}
