/**
 * Measures every contestant once per round, in a random order. Other work on the machine then affects all contestants
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
