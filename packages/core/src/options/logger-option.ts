import { describeGiven } from '../lib/describe-given.ts'
import { isRecord } from '../lib/objects.ts'
import type { Logger } from '../log/logger.ts'
import { custom } from './option-rows.ts'
import type { OptionRow } from './option-table.ts'

/** The option `logger`. */
export const LOGGER: OptionRow<false | Logger, false | Logger | undefined> = custom(
  (given, name, { report }) => {
    const isLogger =
      isRecord(given) && typeof given['info'] === 'function' && typeof given['warn'] === 'function'
    if (given === undefined || given === false || isLogger) {
      return given as false | Logger | undefined
    }
    report(
      `${name} must be false, or an object with the methods info and warn, such as console, not ${describeGiven(given)}.`,
    )
    return undefined
  },
  {},
)
