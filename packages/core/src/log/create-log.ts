import type { BearwardEvent } from '../events.ts'
import type { Clock } from '../lib/clock.ts'
import type { SelectiveListener } from '../lib/publisher.ts'
import { LIMITS } from '../limits.ts'
import { LOGGED_EVENTS, toLogLine } from './log-line.ts'
import type { LogLevel, WriteLine } from './logger.ts'

/** The lines of one kind within a second. */
interface Second {
  readonly level: LogLevel
  lines: number
}

const SECOND = 1000

/**
 * Creates a log of refusals and faults: at most `LIMITS.logLines` lines a second of each kind, and then a line with the
 * number of those that were left out. No timer runs as long as nothing is left out.
 */
export function createLog(
  write: WriteLine,
  clock: Clock,
  closed: AbortSignal,
): SelectiveListener<BearwardEvent> {
  const seconds = new Map<string, Second & { readonly endsAt: number }>()

  function countLeftOut(kind: string): void {
    const { level, lines } = seconds.get(kind)!
    seconds.delete(kind)
    const leftOut = lines - LIMITS.logLines
    write(level, `[bearward] ${leftOut} more lines in this second: ${kind}.`)
  }

  return {
    types: LOGGED_EVENTS,
    listen(event, request) {
      const line = toLogLine(event)
      if (line === undefined) return
      const { level, kind, text } = line
      const now = clock.monotonic()
      let second = seconds.get(kind)
      if (second === undefined || (now >= second.endsAt && second.lines <= LIMITS.logLines)) {
        second = { level, lines: 0, endsAt: now + SECOND }
        seconds.set(kind, second)
      }
      second.lines++
      if (second.lines <= LIMITS.logLines) return write(level, text, event, request)
      if (second.lines > LIMITS.logLines + 1) return
      const cancel = clock.after(Math.max(0, second.endsAt - now), () => {
        closed.removeEventListener('abort', flush)
        countLeftOut(kind)
      })
      function flush(): void {
        cancel()
        countLeftOut(kind)
      }
      closed.addEventListener('abort', flush, { once: true })
    },
  }
}
