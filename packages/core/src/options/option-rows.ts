import { isAcceptableAddress } from '../authorization-server/address.ts'
import { describeEntries, describeGiven, describeNotPlain } from '../lib/describe-given.ts'
import { isPlainObject } from '../lib/objects.ts'
import { type ClaimPath, isClaimPath } from '../subject/claim-path.ts'
import { isHostName, nestContext } from './option-context.ts'
import type { Part } from './part.ts'
import {
  type AnyOptionRow,
  type OptionReader,
  type OptionRow,
  type OptionTable,
  type OptionValues,
  type OptionVariable,
  readTable,
} from './option-table.ts'

/** Properties of an option in addition to the kind of its value. */
interface RowFacts<Default> {
  readonly default?: Default | undefined
  /** Name of the environment variable. */
  readonly variable?: string | undefined
  /** A sentence that is added to the problem. */
  readonly advice?: string
}

/** Properties of a row with a custom reader. */
interface CustomFacts extends Partial<
  Pick<AnyOptionRow, 'required' | 'default' | 'table' | 'isSecret'>
> {
  readonly variable?: string | undefined
  /** Parses the text of the environment variable. Default: returns the text. */
  readonly parse?: OptionVariable['parse'] | undefined
}

/** A row with a custom reader. */
export function custom<Given, Value>(
  read: OptionReader<Value>,
  {
    required: isRequired = false,
    default: usual,
    variable,
    parse,
    table,
    isSecret,
  }: CustomFacts = {},
): OptionRow<Given, Value> {
  return {
    read,
    required: isRequired,
    default: usual,
    bounds: undefined,
    variable: variable === undefined ? undefined : { name: variable, parse: parse ?? toText },
    table,
    ...(isSecret && { isSecret }),
  }
}

/** A row for an option that must be set. `advice` completes the sentence "... is missing: ...". */
export function required<Given, Value>(
  row: OptionRow<Given, Value>,
  advice: string,
): OptionRow<Given, Exclude<Value, undefined>> {
  const read: OptionReader<Value> = (given, name, context) => {
    if (given === undefined) context.report(`${name} is missing: ${advice}.`)
    return row.read(given, name, context)
  }
  return { ...row, required: true, read: read as OptionReader<Exclude<Value, undefined>> }
}

/** A row for an option whose part is missing. Reports a problem if the option is set. `part` is the name of the part. */
export function missingPart<Given>(part: Part['name']): OptionRow<Given, undefined> {
  return custom((given, name, { report }) => {
    if (given !== undefined)
      report(`${name} requires a part: import ${part}, and set use: [${part}].`)
    return undefined
  })
}

type AnyFunction = (...args: never[]) => unknown

/** A row for a function. `must` completes the sentence "... must be ...". */
export function fn<Given extends AnyFunction>(facts: {
  readonly default: Given
}): OptionRow<Given, Given>
export function fn<Given extends AnyFunction>(facts?: {
  readonly must?: string
}): OptionRow<Given, Given | undefined>
export function fn<Given extends AnyFunction>({
  must = 'a function',
  ...facts
}: { readonly default?: Given; readonly must?: string } = {}): OptionRow<Given, Given | undefined> {
  const accept = (given: unknown) => (typeof given === 'function' ? (given as Given) : undefined)
  return simple(accept, must, facts)
}

/** A row for a number of seconds. */
export function seconds<Default extends number | undefined = undefined>(
  facts: RowFacts<Default> & NumberBounds,
): OptionRow<number, number | NoInfer<Default>> {
  return numeric('a number of seconds', (value) => typeof value === 'number', facts)
}

/** A row for a whole number. */
export function wholeNumber<Default extends number | undefined = undefined>(
  facts: RowFacts<Default> & NumberBounds,
): OptionRow<number, number | NoInfer<Default>> {
  return numeric('a whole number', Number.isInteger, facts)
}

/** A row for a text that is one of `choices`. */
export function choice<const Choice extends string, Default extends Choice | undefined = undefined>(
  choices: readonly Choice[],
  facts: RowFacts<Default> = {},
): OptionRow<Choice, Choice | NoInfer<Default>> {
  const must = joinByOr(choices.map((one) => `'${one}'`))
  const describe = (given: unknown) => (isName(given) ? undefined : describeGiven(given))
  return simple((given) => choices.find((one) => one === given), must, facts, toText, describe)
}

function joinByOr(words: readonly string[]): string {
  const last = words.at(-1)!
  return words.length === 1 ? last : `${words.slice(0, -1).join(', ')} or ${last}`
}

/** A row for a non-empty text that `matches` accepts. `must` completes the sentence "... must be ...". */
export function text<Default extends string | undefined = undefined>(
  must: string,
  {
    matches = () => true,
    ...facts
  }: RowFacts<Default> & { matches?: (text: string) => boolean } = {},
): OptionRow<string, string | NoInfer<Default>> {
  const accept = (given: unknown) => (isName(given) && matches(given) ? given : undefined)
  return simple(accept, must, facts, toText, (given) =>
    isName(given) ? undefined : describeGiven(given),
  )
}

/** A row for `true` or `false`. The default is `false`. */
export function flag(): OptionRow<boolean, boolean> {
  const accept = (given: unknown) => (typeof given === 'boolean' ? given : undefined)
  return simple<boolean, boolean>(accept, 'true or false', { default: false })
}

/** A row for a date. Its value is the beginning of the day in UTC, in seconds since the epoch. */
export function date(): OptionRow<string, number | undefined> {
  return custom((given, name, { report }) => {
    if (given === undefined) return undefined
    const time =
      typeof given === 'string' && /^\d{4}-\d\d-\d\d$/.test(given) ? Date.parse(given) : NaN
    // `Date.parse` accepts a day that a month does not have, such as 2027-02-31, and returns another day.
    const isDay = !Number.isNaN(time) && new Date(time).toISOString().startsWith(given as string)
    if (isDay) return time / 1000
    const not = typeof given === 'string' ? '' : `, not ${describeGiven(given)}`
    report(`${name} must be a date such as '2027-02-01'${not}.`)
    return undefined
  })
}

/** A row for a claim. An environment variable contains the name of one claim, and never a path. */
export function claimPath(
  facts: RowFacts<undefined> = {},
): OptionRow<ClaimPath, ClaimPath | undefined> {
  const accept = (given: unknown) =>
    isClaimPath(given) ? (typeof given === 'string' ? given : Object.freeze([...given])) : undefined
  const must = "the name of a claim, or an array of names such as ['realm_access', 'roles']"
  return simple<ClaimPath, undefined>(accept, must, facts, toText, (given) =>
    isClaimPath(given) ? undefined : describeGiven(given),
  )
}

/** A row for an array with at least one text. `must` completes the sentence "... must be ...". */
export function names<Name extends string = string>(
  must: string,
  {
    matches = isName as (name: unknown) => name is Name,
    ...facts
  }: RowFacts<undefined> & { matches?: (name: unknown) => name is Name } = {},
): OptionRow<readonly Name[], readonly Name[] | undefined> {
  const accept = (given: unknown) =>
    Array.isArray(given) && given.length > 0 && Array.from(given).every(matches)
      ? Object.freeze([...new Set(given)])
      : undefined
  return simple(accept, must, facts, toList, (given) => describeEntries(given, matches))
}

/** A row for host names for which plain http is accepted. */
export function hosts(
  facts: RowFacts<never> = {},
): OptionRow<readonly string[], readonly string[]> {
  const accept = (given: unknown) =>
    Array.isArray(given) && Array.from(given).every(isHostName)
      ? Object.freeze([...given])
      : undefined
  const must = "an array of lower-case host names without scheme and port, such as ['keycloak']"
  return simple(accept, must, { ...facts, default: NO_HOSTS }, toList, (given) =>
    describeEntries(given, isHostName),
  )
}

const NO_HOSTS: readonly string[] = Object.freeze([])

/** A row for an address: https, or http on loopback and for hosts in `allowInsecureHosts`. */
export function address(facts: RowFacts<never> = {}): OptionRow<string, string | undefined> {
  return custom((given, name, { report, insecureHosts }) => {
    if (given === undefined) return undefined
    if (typeof given === 'string' && isAcceptableAddress(given, insecureHosts.hosts)) return given
    report(
      `${name} must be an https address without user name, password and fragment. http is accepted on loopback and for hosts in ${insecureHosts.name}.`,
    )
    // Returns a text, so that no other check reports the option as missing.
    return ''
  }, facts)
}

/** A row for an object whose members are options. `must` completes the sentence "... must be ...". */
export function nested<
  Given extends object,
  Table extends OptionTable<Given, Record<keyof Given, unknown>>,
>(table: Table, must: string): OptionRow<Given, OptionValues<Table> | undefined> {
  return custom(
    (given, name, context) => {
      if (given === undefined) return undefined
      if (isPlainObject(given)) return readTable(table, given, nestContext(context, name))
      context.report(`${name} must be ${must}, not ${describeNotPlain(given)}.`)
      return undefined
    },
    { table },
  )
}

/** Returns whether a value is a non-empty string. */
export function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

interface NumberBounds {
  readonly min: number
  readonly max?: number
}

function numeric<Default>(
  what: string,
  isRight: (value: unknown) => boolean,
  { min, max = Number.MAX_SAFE_INTEGER, ...facts }: RowFacts<Default> & NumberBounds,
): OptionRow<number, number | Default> {
  const accept = (given: unknown) =>
    isRight(given) && (given as number) >= min && (given as number) <= max
      ? (given as number)
      : undefined
  const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`
  return { ...simple(accept, `${what} ${range}`, facts, Number), bounds: { min, max } }
}

/**
 * A row for a value without members. `accept` returns the value, or `undefined` if it is wrong. `describe` completes the
 * sentence "... must be ..., not ...". If it returns `undefined`, the sentence ends after `must`.
 */
function simple<Given, Default>(
  accept: (given: unknown) => Given | undefined,
  must: string,
  { default: usual, variable, advice }: RowFacts<Default>,
  parse?: OptionVariable['parse'],
  describe: (given: unknown) => string | undefined = describeGiven,
): OptionRow<Given, Given | Default> {
  return custom(
    (given, name, { report }) => {
      if (given === undefined) return usual as Default
      const accepted = accept(given)
      if (accepted === undefined) {
        const found = describe(given)
        const not = found === undefined ? '' : `, not ${found}`
        report(`${name} must be ${must}${not}.${advice === undefined ? '' : ` ${advice}`}`)
      }
      return accepted ?? (usual as Default)
    },
    { default: usual, variable, parse },
  )
}

function toText(given: string): string {
  return given
}

function toList(listed: string): readonly string[] {
  return listed.split(' ').filter((entry) => entry !== '')
}
