import { cpu } from '../comparisons.ts'
import { BARE, FRAMEWORKS } from '../http/contestants.ts'
import type { HttpResults } from '../http/http.ts'
import { capacityOf } from '../http/over-bare.ts'
import { ALGORITHMS, type MicroResults } from '../micro/micro.ts'
import { median } from '../statistics.ts'
import { type BarChart, barChart } from './bar-chart.ts'

export function capacityChart(found: HttpResults): string {
  const groups = (['1,000 tokens', 'every token once'] as const).flatMap((load) =>
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
  )
  return barChart({
    title: 'What is left of an API behind its guard',
    caption:
      'Requests that one core can bear, of 100 that it bears without a guard. More is better.',
    // By noise, a guard may cost less than nothing.
    longest: Math.max(100, longestOf(groups)),
    groups,
  })
}

export function verificationChart({ distinct }: MicroResults): string {
  const modes = { sequential: 'one after the other', atOnce: '64 at once' } as const
  const groups = ALGORITHMS.flatMap((algorithm) =>
    (['sequential', 'atOnce'] as const).map((mode) => ({
      label: `${algorithm}, ${modes[mode]}`,
      bars: Object.entries(distinct[algorithm][mode]).map(([label, costs]) => {
        const value = median(costs.map(cpu))
        return { label, value, text: value.toFixed(1) }
      }),
    })),
  )
  return barChart({
    title: 'One verification of a token that was never seen before',
    caption: 'Microseconds of processor time. Less is better.',
    longest: longestOf(groups),
    groups,
  })
}

function longestOf(groups: BarChart['groups']): number {
  return Math.max(...groups.flatMap(({ bars }) => bars.map(({ value }) => value)))
}
