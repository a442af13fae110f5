import { expect, it } from 'vitest'
import { fc } from '../../../../test/support/property.ts'
import { NewIssuerBudget } from '../../src/issuers/new-issuer-budget.ts'

/** Takes units until none is left. Returns their number. */
function takeAll(budget: NewIssuerBudget, now: number): number {
  let count = 0
  while (count < 10_000 && budget.take(now)) count++
  return count
}

it('NewIssuerBudget gives max units immediately, and then perSecond units for each second', () => {
  const budget = new NewIssuerBudget(100, 25, 5000)
  expect(takeAll(budget, 5000)).toBe(100)
  expect(budget.take(5039)).toBe(false)
  expect(budget.take(5040)).toBe(true)
  expect(takeAll(budget, 6040)).toBe(25)
  expect(takeAll(budget, 8040)).toBe(50)
})

it('NewIssuerBudget never gives more than max units after a long time', () => {
  const budget = new NewIssuerBudget(8, 0.2, 0)
  expect(takeAll(budget, 0)).toBe(8)
  expect(takeAll(budget, 5000)).toBe(1)
  expect(takeAll(budget, 1e9)).toBe(8)
})

it('NewIssuerBudget gives the same number of units for many small steps of time as for one large step', () => {
  const budget = new NewIssuerBudget(100, 25, 0)
  takeAll(budget, 0)
  let count = 0
  for (let now = 1; now <= 10_000; now++) if (budget.take(now)) count++
  expect(count).toBeGreaterThanOrEqual(249)
  expect(count).toBeLessThanOrEqual(250)
})

it('NewIssuerBudget.giveBack adds one unit to the budget, and the budget never has more than max units', () => {
  const budget = new NewIssuerBudget(8, 1, 0)
  for (let i = 0; i < 20; i++) budget.giveBack()
  expect(takeAll(budget, 0)).toBe(8)
  budget.giveBack()
  expect(takeAll(budget, 0)).toBe(1)
})

it('NewIssuerBudget gives at most max units plus perSecond units for each second plus the returned units, for random operations', () => {
  const operation = fc.record({
    wait: fc.nat({ max: 3000 }),
    kind: fc.constantFrom('take', 'take', 'take', 'giveBack'),
  })
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 100 }), (operations) => {
      const budget = new NewIssuerBudget(8, 2, 0)
      let [now, taken, returned] = [0, 0, 0]
      for (const { wait, kind } of operations) {
        now += wait
        if (kind === 'giveBack') {
          returned++
          budget.giveBack()
        } else if (budget.take(now)) taken++
        expect(taken).toBeLessThanOrEqual(8 + (2 * now) / 1000 + returned + 1e-6)
      }
    }),
  )
})
