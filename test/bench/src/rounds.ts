/**
 * Measures every contestant once a round, in an order that is new in every round: what else goes on in the
 * machine then falls on all of them alike. Returns what was measured, by contestant and round.
 */
export async function inRounds<T>(
  contestants: readonly string[],
  rounds: number,
  measure: (contestant: string, round: number) => Promise<T>,
): Promise<Record<string, T[]>> {
  const measured = Object.fromEntries(contestants.map((name) => [name, [] as T[]]))
  for (let round = 0; round < rounds; round++) {
    for (const name of shuffled(contestants)) measured[name]!.push(await measure(name, round))
  }
  return measured
}

function shuffled<T>(values: readonly T[]): T[] {
  const rest = [...values]
  return values.map(() => rest.splice(Math.floor(Math.random() * rest.length), 1)[0]!)
}
