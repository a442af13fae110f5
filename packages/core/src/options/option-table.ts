import { hintAt, OPTION } from '../configuration-problems.ts'
import { ConfigurationError } from '../errors.ts'
import { describeNotPlain, quoteName } from '../lib/describe-given.ts'
import { isPlainObject, copyOwnMembers } from '../lib/objects.ts'
import { getForeignNames, hintAtRequirement } from './foreign-names.ts'
import type { OptionContext } from './option-context.ts'

/**
 * Returns the value of an option, or the default if the option is not set. Reports a wrong value, and returns a value that is
 * correct for all other checks, so that one mistake causes one message. `name` is the name of the option in messages.
 */
export type OptionReader<Value> = (given: unknown, name: string, context: OptionContext) => Value

/** An environment variable that sets an option. */
export interface OptionVariable {
  readonly name: string
  readonly parse: (text: string) => unknown
}

/** All properties of an option, without the types of its value. */
export interface AnyOptionRow {
  readonly read: OptionReader<unknown>
  readonly required: boolean
  readonly default: unknown
  readonly bounds: { readonly min: number; readonly max: number } | undefined
  readonly variable: OptionVariable | undefined
  /** The options inside this option. */
  readonly table: Readonly<Record<string, AnyOptionRow>> | undefined
  /** `true` if the value is a secret. A secret can begin or end with white space. */
  readonly isSecret?: true
}

/** All properties of an option. `Given` is the type of the option, `Value` is the type of its value after reading. */
export interface OptionRow<Given, Value> extends AnyOptionRow {
  readonly read: OptionReader<Value>
  /** Never set. Only the compiler uses it, to compare `Given`. */
  readonly accepts?: (given: Given) => Given
}

/**
 * A table of options: one row for each property of `Options`. After reading, a value has the type of its property, or is
 * `undefined` if the option is not set. `Values` overrides this type for options that are converted or have a default. `Values`
 * is usually the type of the settings.
 */
export type OptionTable<Options, Values = unknown> = {
  readonly [Name in keyof Options]-?: OptionRow<
    Exclude<Options[Name], undefined>,
    Name extends keyof Values ? Values[Name] : ValueOf<Options, Name>
  >
}

type ValueOf<Options, Name extends keyof Options> =
  object extends Pick<Options, Name> ? Options[Name] | undefined : Options[Name]

/** The values of the options of a table after reading. */
export type OptionValues<Table> = {
  readonly [Name in keyof Table]: Table[Name] extends { readonly read: OptionReader<infer Value> }
    ? Value
    : never
}

type AnyOptionTable = Readonly<Record<string, AnyOptionRow>>

/**
 * Reads the options of a table. `own` are the own members of the object with the options, so that a member of
 * `Object.prototype` is never read.
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
 * Reports white space at the ends of a text, or of a text in a list. Such white space comes from files and environment variables,
 * and is invisible in logs. Returns the value without this white space.
 */
function checkEnds(given: unknown, name: string, { report }: OptionContext): unknown {
  const texts: unknown = typeof given === 'string' ? [given] : given
  if (!Array.isArray(texts)) return given
  const trim = (text: unknown) => (typeof text === 'string' ? text.trim() : text)
  if (texts.every((text) => trim(text) === text)) return given
  // The reader of the option reports a text that consists of white space.
  if (texts.every((text) => trim(text) !== ''))
    report(`${name} begins or ends with white space, such as a line end: remove it.`)
  return typeof given === 'string' ? given.trim() : texts.map(trim)
}

/**
 * Returns the own members of an object of options. `example` shows such an object in the message.
 *
 * @throws {ConfigurationError} with this title, if the value is not a plain object
 */
export function readObject(
  given: unknown,
  example: string,
  title: string,
): Readonly<Record<string, unknown>> {
  if (isPlainObject(given)) return copyOwnMembers(given)
  throw new ConfigurationError(title, [
    given === undefined
      ? `The options are missing: pass ${example}.`
      : `The options must be an object ${example}, not ${describeNotPlain(given)}.`,
  ])
}

/** Reads an object whose members are the options of a table. Reports the names of all other members. */
export function readTable<Table extends AnyOptionTable>(
  table: Table,
  given: object,
  context: OptionContext,
): OptionValues<Table> {
  const own = copyOwnMembers(given)
  reportUnknownNames(own, Object.keys(table), context)
  return readRows(table, own, context)
}

/** Reports every member whose name is not known. Suggests the option that is probably meant. */
export function reportUnknownNames(
  own: Readonly<Record<string, unknown>>,
  known: readonly string[],
  { toName, report }: OptionContext,
): void {
  for (const name of Object.keys(own)) {
    if (known.includes(name)) continue
    const hint =
      hintAtRequirement(name, known) ?? hintAt(name, known, OPTION.all, getForeignNames(known))
    report(`${toName(quoteName(name))} is not ${OPTION.one}. ${hint}`)
  }
}
