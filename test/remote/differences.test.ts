import { describe, expect, it } from 'vitest'
import { CORPUS } from '../attacks/corpus.ts'
import { CASES } from '../contract/cases.ts'
import { toTitle } from '../contract/contract-case.ts'
import { FOREIGN_ORIGINS } from '../contract/run-cross-origin.ts'
import type { Difference } from '../frameworks/difference.ts'
import { DIFFERENCES } from './differences.ts'

const CONTRACT = CASES.map((one) => [toTitle(one), one.outcome] as const)
const ATTACKS = CORPUS.flatMap(([, attacks]) =>
  attacks.map(({ name, outcome }) => [name, outcome] as const),
)

const PREFLIGHTS = Object.keys(FOREIGN_ORIGINS).map((origin) => [origin, 204] as const)

const KINDS = [
  ['contract', CONTRACT],
  ['attacks', ATTACKS],
  ['preflights', PREFLIGHTS],
] as const

describe.each(Object.entries<readonly Difference[]>(DIFFERENCES))(
  'the differences of %s',
  (_runtime, differences) => {
    it.each(KINDS)(
      'the table of differences for %s names one case in each entry, with an outcome that differs from the usual outcome',
      (kind, cases) => {
        const entries = differences.flatMap((one) => Object.entries<unknown>(one[kind] ?? {}))
        const faults = entries.filter(([title, outcome]) => {
          const named = cases.filter(([other]) => other === title)
          return named.length !== 1 || JSON.stringify(named[0]![1]) === JSON.stringify(outcome)
        })
        expect(faults).toEqual([])
      },
    )

    it('the table of differences names each case at most once', () => {
      for (const [kind] of KINDS) {
        const titles = differences.flatMap((one) => Object.keys(one[kind] ?? {}))
        expect(titles.filter((title, i) => titles.indexOf(title) !== i)).toEqual([])
      }
    })
  },
)
