import { cpu, difference, ratio, wall } from '../comparisons.ts'
import { getAddedRoundTrips } from '../dpop/comparison-of-stores.ts'
import type { DpopResults } from '../dpop/dpop.ts'
import { PROOF_ALGORITHMS } from '../dpop/proofs.ts'
import { SIGNATURE_ALONE, WITH_DPOP } from '../micro/contestants.ts'
import { collectNames, describeVariation, getMedian } from './rows.ts'
import { createTable, formatNumber, formatSummary } from './table.ts'

export function createDpopSection({ signatures, refused, unbound, stores }: DpopResults): string[] {
  const byAlgorithm = PROOF_ALGORITHMS.map((algorithm) => signatures[algorithm])
  return [
    '### DPoP proofs',
    `Each request has the same cached RS256 token and a new proof that the same key has signed. Proofs are created before the first
round, and each proof is sent once. \`${SIGNATURE_ALONE}\` verifies only the signature of the proof, with a prepared key. Each
figure comes from a separate process, which is warmed up before the first round.`,
    describeVariation([...byAlgorithm, refused, stores], cpu),
    `Processor time in microseconds, and in parentheses relative to \`${SIGNATURE_ALONE}\`. In the rows with \`new key\`, the API has
not received a valid proof with this key yet, so it imports the key for every request.`,
    createTable(
      ['', ...PROOF_ALGORITHMS],
      collectNames(byAlgorithm).map((name) => [
        name,
        ...byAlgorithm.map((costs) => {
          const relative = ratio(costs, name, SIGNATURE_ALONE, cpu)?.median
          return `${formatNumber(getMedian(costs[name], cpu))} (${formatNumber(relative)})`
        }),
      ]),
    ),
    'An ES256 proof that is refused before its signature is verified: processor time in microseconds.',
    createTable(Object.keys(refused), [
      Object.values(refused).map((costs) => formatNumber(getMedian(costs, cpu))),
    ]),
    `One of 1,000 cached tokens without a proof: processor time in microseconds, including the creation of its string. The option
\`dpop\` adds ${formatSummary(difference(unbound, WITH_DPOP, 'bearward', cpu))} microseconds.`,
    createTable(
      ['', 'CPU us'],
      Object.entries(unbound).map(([name, costs]) => [name, formatNumber(getMedian(costs, cpu))]),
    ),
    `A valid ES256 proof, one request at a time, for each replay store. Redis runs on the same machine. A store in Redis adds
${formatSummary(getAddedRoundTrips(stores))} times the elapsed time that one round trip adds to a request. A round trip
without a request takes less time, because no other code runs between two round trips.`,
    createTable(
      ['', 'time us', 'CPU us'],
      Object.entries(stores).map(([name, costs]) => [
        name,
        formatNumber(getMedian(costs, wall)),
        formatNumber(getMedian(costs, cpu)),
      ]),
    ),
  ]
}
