import { cpu } from '../comparisons.ts'
import { BARE, FRAMEWORKS } from '../http/contestants.ts'
import type { HttpResults } from '../http/http.ts'
import { getRelativeCapacity } from '../http/comparisons-with-bare.ts'
import { ALGORITHMS, type MicroResults } from '../micro/micro.ts'
import { median } from '../statistics.ts'
import { type BarChart, createBarChart } from './bar-chart.ts'

export function createCapacityChart(results: HttpResults): string {
  const groups = (['1,000 tokens', 'every token once'] as const).flatMap((load) =>
    FRAMEWORKS.map((framework) => {
      const all = results[load][framework]
      const names = Object.keys(all).filter((name) => name !== BARE)
      return {
        label: `${framework}, ${load}`,
        bars: names.map((name) => {
          const value = getRelativeCapacity(all, name)!.median * 100
          return { label: name, value, text: value.toFixed(0) }
        }),
      }
    }),
  )
  return createBarChart({
    title: 'Capacity of an API with a guard',
    caption:
      'Requests that one core can handle, in percent of the bare framework. Higher is better.',
    // A measured capacity may be above 100, because of noise.
    maximum: Math.max(100, getMaximum(groups)),
    groups,
  })
}

export function createVerificationChart({ distinct }: MicroResults): string {
  const modes = { sequential: 'one at a time', atOnce: '64 at the same time' } as const
  const groups = ALGORITHMS.flatMap((algorithm) =>
    (['sequential', 'atOnce'] as const).map((mode) => ({
      label: `${algorithm}, ${modes[mode]}`,
      bars: Object.entries(distinct[algorithm][mode]).map(([label, costs]) => {
        const value = median(costs.map(cpu))
        return { label, value, text: value.toFixed(1) }
      }),
    })),
  )
  return createBarChart({
    title: 'Verification of a new token',
    caption: 'Processor time in microseconds. Lower is better.',
    maximum: getMaximum(groups),
    groups,
  })
}

function getMaximum(groups: BarChart['groups']): number {
  return Math.max(...groups.flatMap(({ bars }) => bars.map(({ value }) => value)))
}
