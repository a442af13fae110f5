import { hintAt } from '../configuration-problems.ts'
import { ConfigurationError } from '../errors.ts'
import { describeNotPlain, quoteName } from '../lib/describe-given.ts'
import { isPlainObject, ownMembers } from '../lib/objects.ts'
import { getForeignNames } from './foreign-names.ts'
import type { OptionContext } from './option-context.ts'

/**
 * Returns the value of an option, or the default if it is left out. Reports a wrong value, and then returns one that
 * harms no other check. `name` is how messages call the option.
 */
export type OptionReader<Value> = (given: unknown, name: string, context: OptionContext) => Value

/** An environment variable that sets an option. */
export interface OptionVariable {
  readonly name: string
  readonly parse: (text: string) => unknown
}

/** All facts about an option, without the types of its value. */
export interface AnyOptionRow {
  readonly read: OptionReader<unknown>
  readonly required: boolean
  readonly default: unknown
  readonly bounds: { readonly min: number; readonly max: number } | undefined
  readonly variable: OptionVariable | undefined
  /** The options inside this option. */
  readonly table: Readonly<Record<string, AnyOptionRow>> | undefined
  /** True if the value is a secret, which may begin or end with white space. */
  readonly isSecret?: true
}

/** All facts about an option. `Given` is the type of its property, and `Value` what reading it returns. */
export interface OptionRow<Given, Value> extends AnyOptionRow {
  readonly read: OptionReader<Value>
  /** Never set. The compiler compares `Given` by it. */
  readonly accepts?: (given: Given) => Given
}

/**
 * One row for each property of `Options`. Reading an option returns the type of its property, or undefined if it is left
 * out. `Values` has the type of an option that is read as something else, or that has a default: usually the type of the
 * settings, which have the same names.
 */
export type OptionTable<Options, Values = unknown> = {
  readonly [Name in keyof Options]-?: OptionRow<
    Exclude<Options[Name], undefined>,
    Name extends keyof Values ? Values[Name] : ValueOf<Options, Name>
  >
}

type ValueOf<Options, Name extends keyof Options> =
  object extends Pick<Options, Name> ? Options[Name] | undefined : Options[Name]

/** The values of the options of a table, as reading returns them. */
export type OptionValues<Table> = {
  readonly [Name in keyof Table]: Table[Name] extends { readonly read: OptionReader<infer Value> }
    ? Value
    : never
}

type AnyOptionTable = Readonly<Record<string, AnyOptionRow>>

/**
 * Reads the options of a table. `own` are the own members of the object in which they are, so that no member of
 * `Object.prototype` is an option.
 */
export function readRows<Table extends AnyOptionTable>(
  table: Table,
  own: Readonly<Record<string, unknown>>,
  context: OptionContext,
): OptionValues<Table> {
  const values = Object.entries(table).map(([option, { read, isSecret }]) => {
    const name = context.toName(option)
    const given = isSecret ? own[option] : checkEnds(own[option], name, context)
    return [option, read(given, name, context)]
  })
  return Object.fromEntries(values) as OptionValues<Table>
}

/**
 * Reports white space at the ends of a text, or of a text in a list, which comes from files and environments and can be
 * seen in no log. Returns the value without it.
 */
function checkEnds(given: unknown, name: string, { report }: OptionContext): unknown {
  const texts: unknown = typeof given === 'string' ? [given] : given
  if (!Array.isArray(texts)) return given
  const trim = (text: unknown) => (typeof text === 'string' ? text.trim() : text)
  if (texts.every((text) => trim(text) === text)) return given
  // Nothing but white space is as good as nothing.
  if (texts.every((text) => trim(text) !== ''))
    report(`${name} begins or ends with white space, such as a line end: remove it.`)
  return typeof given === 'string' ? given.trim() : texts.map(trim)
}

/**
 * Returns the own members of an object of options. Throws a `ConfigurationError` with this title if it is not a plain
 * object. `such` shows how it looks.
 */
export function readObject(
  given: unknown,
  such: string,
  title: string,
): Readonly<Record<string, unknown>> {
  if (isPlainObject(given)) return ownMembers(given)
  throw new ConfigurationError(title, [
    given === undefined
      ? `The options are missing: pass ${such}.`
      : `The options must be an object ${such}, not ${describeNotPlain(given)}.`,
  ])
}

/** Reads an object whose members are the options of a table. Reports the names of all other members. */
export function readTable<Table extends AnyOptionTable>(
  table: Table,
  given: object,
  context: OptionContext,
): OptionValues<Table> {
  const own = ownMembers(given)
  reportUnknownNames(own, Object.keys(table), context)
  return readRows(table, own, context)
}

/** Reports every member whose name is not known, with the option that may be meant. */
export function reportUnknownNames(
  own: Readonly<Record<string, unknown>>,
  known: readonly string[],
  { toName, report }: OptionContext,
): void {
  for (const name of Object.keys(own)) {
    if (known.includes(name)) continue
    const hint = hintAt(name, known, getForeignNames(known))
    report(`${toName(quoteName(name))} is not known. ${hint}`)
  }
}
