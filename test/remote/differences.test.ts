import { describe, expect, it } from 'vitest'
import { CORPUS } from '../attacks/corpus.ts'
import { CASES } from '../contract/cases.ts'
import { toTitle } from '../contract/contract-case.ts'
import type { Difference } from '../frameworks/difference.ts'
import { DIFFERENCES } from './differences.ts'

const CONTRACT = CASES.map((one) => [toTitle(one), one.outcome] as const)
const ATTACKS = CORPUS.flatMap(([, attacks]) =>
  attacks.map(({ name, outcome }) => [name, outcome] as const),
)

describe.each(Object.entries<readonly Difference[]>(DIFFERENCES))(
  'the differences of %s',
  (_runtime, differences) => {
    it.each([
      ['contract', CONTRACT],
      ['attacks', ATTACKS],
    ] as const)('each entry for the %s names one case, and has another outcome', (kind, cases) => {
      const entries = differences.flatMap((one) => Object.entries<unknown>(one[kind] ?? {}))
      const faults = entries.filter(([title, outcome]) => {
        const named = cases.filter(([other]) => other === title)
        return named.length !== 1 || JSON.stringify(named[0]![1]) === JSON.stringify(outcome)
      })
      expect(faults).toEqual([])
    })

    it('each entry is for a case that no other entry names', () => {
      for (const kind of ['contract', 'attacks'] as const) {
        const titles = differences.flatMap((one) => Object.keys(one[kind] ?? {}))
        expect(titles.filter((title, i) => titles.indexOf(title) !== i)).toEqual([])
      }
    })
  },
)
