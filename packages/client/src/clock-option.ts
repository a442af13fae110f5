import {
  clock as clockRow,
  type Clock,
  getMember,
  isRecord,
  type OptionRow,
  runDetached,
  systemClock,
} from '@bearward/core/internal'

/**
 * Source of the time. A function, or an object with `now` alone, returns milliseconds since the epoch and is used for
 * ages, too. An object with `monotonic` and `after` is a complete clock, such as the `clock` of `@bearward/core`.
 */
export type ClockOption = (() => number) | (Pick<Clock, 'now'> & Partial<Clock>)

/**
 * System clock whose timers keep the process running. They run only while a token is requested or a caller waits for
 * one, and a program that waits for nothing else must not exit in the meantime.
 */
const blockingClock: Clock = { ...systemClock, after: startTimer }

function startTimer(milliseconds: number, callback: () => void): () => void {
  const timer = runDetached(() => setTimeout(callback, milliseconds))
  return () => clearTimeout(timer)
}

const COMPLETE = clockRow(blockingClock)

/** The option `clock`. */
export const CLOCK: OptionRow<ClockOption, Clock> = {
  ...(COMPLETE as OptionRow<ClockOption, Clock>),
  read(given, name, context) {
    if (given === undefined) return blockingClock
    const clock = toClock(given)
    if (clock !== undefined && isNumber(clock.now())) return clock
    context.report(
      `${name} must be a function that returns milliseconds since the epoch, such as Date.now, or an object with such a function now, and with monotonic and after if needed.`,
    )
    return blockingClock
  },
}

function toClock(given: unknown): Clock | undefined {
  if (typeof given === 'function') return toClock({ now: given })
  if (!isRecord(given)) return undefined
  const clock = given as Partial<Clock>
  const [now, monotonic = now] = [getMember(clock, 'now'), getMember(clock, 'monotonic')]
  const after = getMember(clock, 'after') ?? startTimer
  if (![now, monotonic, after].every((member) => typeof member === 'function')) return undefined
  // Called on the object, which can be an instance of a class.
  return {
    now: () => now!.call(clock),
    monotonic: () => monotonic!.call(clock),
    after: (milliseconds, callback) => after.call(clock, milliseconds, callback),
  }
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value)
}
