import type { Clock, ClockOption } from '../lib/clock.ts'
import { getMember, isRecord } from '../lib/objects.ts'
import { custom } from './option-rows.ts'
import type { OptionRow } from './option-table.ts'

/** Returns a row for a source of time. `usual` is the default. If the given clock has no timers, those of `usual` are used. */
export function clock(usual: Clock): OptionRow<ClockOption, Clock> {
  return custom(
    (given, name, context) => {
      if (given === undefined) return usual
      const read = toClock(given, usual)
      // A clock with all three functions is accepted without a call of `now`, because tests use clocks whose `now` fails.
      // If `now` fails, no JWT is accepted.
      if (read !== undefined && (read === given || givesNumber(read))) return read
      context.report(
        `${name} must be a function that returns milliseconds since the epoch, such as Date.now. It can also be an object with the function now, and optionally monotonic and after.`,
      )
      return usual
    },
    { default: usual },
  )
}

function toClock(given: unknown, usual: Clock): Clock | undefined {
  if (typeof given === 'function') return toClock({ now: given }, usual)
  if (!isRecord(given)) return undefined
  const members = given as Partial<Clock>
  const [now, monotonic = now] = [getMember(members, 'now'), getMember(members, 'monotonic')]
  const after = getMember(members, 'after')
  const isFunction = (member: unknown) => typeof member === 'function'
  if (!isFunction(now) || !isFunction(monotonic) || !isFunction(after ?? now)) return undefined
  if (after !== undefined && getMember(members, 'monotonic') !== undefined) return members as Clock
  // The functions are called as methods, because the object can be an instance of a class.
  return {
    now: () => now.call(members),
    monotonic: () => monotonic.call(members),
    after: (milliseconds, callback) =>
      after === undefined
        ? usual.after(milliseconds, callback)
        : after.call(members, milliseconds, callback),
  }
}

function givesNumber(read: Clock): boolean {
  try {
    return Number.isFinite(read.now())
  } catch {
    return false
  }
}
