import { capacityOf, cpu } from '../comparisons.ts'
import { BARE, FRAMEWORKS } from '../http/contestants.ts'
import type { HttpResults } from '../http/http.ts'
import { ALGORITHMS, type MicroResults } from '../micro/micro.ts'
import { median } from '../statistics.ts'
import { barChart } from './bar-chart.ts'

export function capacityChart(found: HttpResults): string {
  return barChart({
    title: 'What is left of an API behind its guard',
    caption:
      'Requests that one core can bear, of 100 that it bears without a guard. More is better.',
    longest: 100,
    groups: (['1,000 tokens', 'every token once'] as const).flatMap((load) =>
      FRAMEWORKS.map((framework) => {
        const all = found[load][framework]
        const names = Object.keys(all).filter((name) => name !== BARE)
        return {
          label: `${framework}, ${load}`,
          bars: names.map((name) => {
            const value = capacityOf(all, name)!.median * 100
            return { label: name, value, text: value.toFixed(0) }
          }),
        }
      }),
    ),
  })
}

export function verificationChart({ distinct }: MicroResults): string {
  const groups = ALGORITHMS.map((algorithm) => ({
    label: algorithm,
    bars: Object.entries(distinct[algorithm].sequential).map(([label, costs]) => {
      const value = median(costs.map(cpu))
      return { label, value, text: value.toFixed(1) }
    }),
  }))
  return barChart({
    title: 'One verification of a token that was never seen before',
    caption: 'Microseconds of processor time, one after the other. Less is better.',
    longest: Math.max(...groups.flatMap(({ bars }) => bars.map(({ value }) => value))),
    groups,
  })
}
