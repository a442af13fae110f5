import { describe, expect, it } from 'vitest'
import { Problems } from '../../src/configuration-problems.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { clock } from '../../src/options/clock-option.ts'
import { createOptionContext } from '../../src/options/option-context.ts'
import {
  address,
  choice,
  custom,
  fn,
  hosts,
  names,
  nested,
  required,
  seconds,
  text,
  wholeNumber,
} from '../../src/options/option-rows.ts'
import {
  type AnyOptionRow,
  type OptionRow,
  type OptionTable,
  readTable,
} from '../../src/options/option-table.ts'

/** Reads options, and returns the values and the problems. */
function read(table: Readonly<Record<string, AnyOptionRow>>, given: object) {
  const problems: string[] = []
  const context = createOptionContext(
    { add: (problem: string) => problems.push(problem) } as never,
    {
      ...given,
    },
  )
  return { values: readTable(table, given, context) as Record<string, unknown>, problems }
}

describe('a row', () => {
  const ROWS: Readonly<Record<string, [row: AnyOptionRow, right: unknown, wrong: unknown]>> = {
    seconds: [seconds({ min: 1, max: 5 }), 1.5, 6],
    'seconds without a maximum': [seconds({ min: 1 }), 1e9, Infinity],
    wholeNumber: [wholeNumber({ min: 1, max: 5 }), 5, 1.5],
    choice: [choice(['a', 'b']), 'b', 'c'],
    text: [text('a word', { matches: (word) => !word.includes(' ') }), 'word', 'two words'],
    names: [names('an array of names'), ['a'], []],
    hosts: [hosts(), ['keycloak'], ['https://keycloak']],
    address: [address(), 'https://as.example.com', 'http://as.example.com'],
    fn: [fn(), () => 1, {}],
    clock: [clock(systemClock), { ...systemClock }, { now: () => '1' }],
    nested: [nested<object, object>({}, 'an object'), {}, []],
  }

  it.each(Object.entries(ROWS))(
    'readTable returns a valid value unchanged: %s',
    (_, [row, right]) => {
      expect(read({ one: row }, { one: right })).toEqual({ values: { one: right }, problems: [] })
    },
  )

  it.each(Object.entries(ROWS))(
    'readTable reports a problem with the name of the option for a wrong value and for null: %s',
    (_, [row, , wrong]) => {
      for (const value of [wrong, null]) {
        expect(read({ one: row }, { one: value }).problems).toEqual([
          expect.stringMatching(/^one must be .*\.$/),
        ])
      }
    },
  )

  it.each(Object.entries(ROWS))(
    'readTable returns the default for an option that is undefined or missing: %s',
    (_, [row]) => {
      for (const given of [{}, { one: undefined }]) {
        expect(read({ one: row }, given)).toEqual({ values: { one: row.default }, problems: [] })
      }
    },
  )

  it('readTable returns the default instead of a wrong value', () => {
    expect(read({ one: seconds({ min: 1, max: 5, default: 2 }) }, { one: 6 }).values).toEqual({
      one: 2,
    })
  })

  it('readTable copies an array of names, and removes repeated names', () => {
    const given = ['a', 'a']
    const { values } = read({ one: names('an array of names') }, { one: given })
    given.push('b')
    expect(values).toEqual({ one: ['a'] })
  })

  it('readTable adds the advice of a row to its problem', () => {
    const row = wholeNumber({ min: 1, max: 5, advice: 'Use 1.' })
    expect(read({ one: row }, { one: 0 }).problems).toEqual([
      'one must be a whole number from 1 to 5, not 0. Use 1.',
    ])
  })

  it('readTable reports a missing value of a required row', () => {
    const row = required(text('a word'), 'set a word')
    expect(row.required).toBe(true)
    expect(read({ one: row }, {}).problems).toEqual(['one is missing: set a word.'])
    expect(read({ one: row }, { one: 7 }).problems).toEqual(['one must be a word, not 7.'])
  })

  it('the row address() accepts plain http for a valid host in allowInsecureHosts, even if another entry is invalid', () => {
    const table = { allowInsecureHosts: hosts(), one: address() }
    const given = { allowInsecureHosts: ['keycloak', 'NO HOST'], one: 'http://keycloak/jwks' }
    expect(read(table, given).problems).toEqual([
      expect.stringMatching(/^allowInsecureHosts must be/),
    ])
  })

  it('parse() of a row converts the text of a variable to a list, a number or a text', () => {
    const parse = (row: AnyOptionRow, given: string) => row.variable!.parse(given)
    const variable = 'BEARWARD_ONE'
    expect(parse(names('an array', { variable }), ' a  b ')).toEqual(['a', 'b'])
    expect(parse(hosts({ variable }), 'a')).toEqual(['a'])
    expect(parse(seconds({ min: 1, variable }), '1.5')).toBe(1.5)
    expect(parse(seconds({ min: 1, variable }), '1 s')).toBeNaN()
    expect(parse(choice(['a b'], { variable }), 'a b')).toBe('a b')
  })
})

describe('a table', () => {
  it('readTable reports problems at every level with the path of the option, and unknown names with a hint', () => {
    const inner: OptionTable<{ maxAge?: number }> = { maxAge: seconds({ min: 1, max: 5 }) }
    const table = { one: nested(inner, 'an object'), second: text('a word') }
    expect(read(table, { one: { maxAge: 6, maxage: 1 }, secnd: 1, other: 1 }).problems).toEqual([
      'secnd is not an option. Did you mean second?',
      'other is not an option. The options are: one, second.',
      'one.maxage is not an option. Did you mean maxAge?',
      'one.maxAge must be a number of seconds from 1 to 5, not 6.',
    ])
  })

  it('the compiler reports an error unless an OptionTable has exactly one row of the right type for each property', () => {
    interface Options {
      readonly kind?: 'a' | 'b'
      readonly age?: number
    }
    const kind = choice(['a', 'b'])
    const age = seconds({ min: 0 })
    const tables: readonly OptionTable<Options>[] = [
      { kind, age },
      // @ts-expect-error A row is missing.
      { kind },
      // @ts-expect-error `Options` does not have this property.
      { kind, age, more: age },
      // @ts-expect-error The type allows more than the row.
      { kind: choice(['a']), age },
      // @ts-expect-error The row allows more than the type.
      { kind: choice(['a', 'b', 'c']), age },
      // @ts-expect-error The row is for another type.
      { kind, age: text('an age') },
    ]
    expect(tables).toHaveLength(6)
  })

  it('the compiler reports an error if an OptionTable lacks a default for a value that is never undefined after reading', () => {
    interface Options {
      readonly name: string
      readonly age?: number
    }
    const name: OptionRow<string, string> = custom(String)
    const tables: readonly OptionTable<Options, { readonly age: number }>[] = [
      { name, age: seconds({ min: 0, default: 5 }) },
      // @ts-expect-error If there is no default, reading returns undefined.
      { name, age: seconds({ min: 0 }) },
      // @ts-expect-error The value of a required option must not be undefined, but this row has no default.
      { name: text('a name'), age: seconds({ min: 0, default: 5 }) },
    ]
    expect(tables).toHaveLength(3)
  })
})

describe('Problems', () => {
  it('Problems lists a problem only once, even if the same problem is added twice', () => {
    const problems = new Problems()
    problems.add('one')
    problems.add('one')
    expect(() => problems.throwAs('Wrong')).toThrow(/^Wrong:\n {2}- one$/)
  })
})
