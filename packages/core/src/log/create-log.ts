import { WORK_ENDS_WITH_REQUEST } from '#async-context'
import type { Advisor } from '../advice/advisor.ts'
import type { BearwardEvent } from '../events.ts'
import type { Clock } from '../lib/clock.ts'
import { ignoreRejection } from '../lib/ignore-rejection.ts'
import type { SelectiveListener } from '../lib/publisher.ts'
import { LIMITS } from '../limits.ts'
import { LOGGED_EVENTS, toLogLine } from './log-line.ts'
import type { LogLevel, WriteLine } from './logger.ts'

/** The lines of one kind within one second. */
interface Second {
  readonly level: LogLevel
  readonly endsAt: number
  lines: number
  /** Cancels the timer that writes the number of omitted lines. Set only if lines were omitted. */
  cancel?: () => void
}

const SECOND = 1000

/**
 * Creates a log of refusals, faults and recoveries. Writes at most `LIMITS.logLines` lines of each kind per second. If lines were
 * omitted, a timer writes one more line with their number at the end of the second. Some runtimes cancel the timers of requests. In
 * these runtimes, that line is written before the next line of the same kind. Errors of the logger are ignored.
 */
export function createLog(
  writeLine: WriteLine,
  advisor: Advisor,
  clock: Clock,
  closed: AbortSignal,
): SelectiveListener<BearwardEvent> {
  const seconds = new Map<string, Second>()

  const write: WriteLine = (...line) => {
    try {
      ignoreRejection(writeLine(...line))
    } catch {}
  }

  function writeOmitted(kind: string, { level, lines }: Second): void {
    seconds.delete(kind)
    const omitted = lines - LIMITS.logLines
    write(level, `[bearward] ${kind}: ${omitted} more lines in this second were omitted.`)
  }

  closed.addEventListener(
    'abort',
    () => {
      for (const [kind, second] of seconds) {
        second.cancel?.()
        if (second.lines > LIMITS.logLines) writeOmitted(kind, second)
      }
    },
    { once: true },
  )

  function getSecond(kind: string, level: LogLevel): Second {
    const now = clock.monotonic()
    const known = seconds.get(kind)
    if (known !== undefined && now < known.endsAt) return known
    if (known?.cancel !== undefined) {
      // The timer is only late. It will write the line about this second.
      if (!WORK_ENDS_WITH_REQUEST) return known
      writeOmitted(kind, known)
    }
    const begun = { level, endsAt: now + SECOND, lines: 0 }
    seconds.set(kind, begun)
    return begun
  }

  /**
   * Starts a timer that writes the number of omitted lines at the end of a second, unless this runtime cancels timers. Returns a
   * function that cancels the timer.
   */
  function endLater(kind: string, second: Second): () => void {
    if (WORK_ENDS_WITH_REQUEST) return () => {}
    const left = Math.max(0, second.endsAt - clock.monotonic())
    return clock.after(left, () => writeOmitted(kind, second))
  }

  /** Counts a line. Returns whether it may be written. */
  function count(kind: string, level: LogLevel): boolean {
    const second = getSecond(kind, level)
    second.lines++
    if (second.lines <= LIMITS.logLines) return true
    if (closed.aborted) return false
    second.cancel ??= endLater(kind, second)
    return false
  }

  return {
    wants(type, reason) {
      if (!LOGGED_EVENTS.has(type)) return false
      if (reason === undefined) return true
      // If the line of an event would be omitted, the event is not created.
      const second = seconds.get(`${type} ${reason}`)
      const isFull = second?.cancel !== undefined && second.lines >= LIMITS.logLines
      if (WORK_ENDS_WITH_REQUEST && isFull && clock.monotonic() >= second.endsAt) return true
      if (isFull) second.lines++
      return !isFull
    },
    listen(event, request) {
      const line = toLogLine(event, advisor)
      if (line === undefined) return
      const { level, kind, text } = line
      if (count(kind, level)) write(level, text, event, request)
    },
  }
}
