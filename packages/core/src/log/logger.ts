import type { BearwardEvent } from '../events.ts'

/**
 * A logger, such as `console` or a logger of pino, winston, bunyan or log4js. Each line is passed as one string.
 *
 * @example
 * createBearward({ issuer, audience, logger: pino() })
 */
export interface Logger {
  /** Writes a line about a refused request (status 4xx), a recovery, a changed address or a distrusted key. */
  info(line: string): unknown
  /** Writes a line about a fault of this application or of another server, or about options that are probably wrong. */
  warn(line: string): unknown
}

export type LogLevel = keyof Logger

/**
 * Writes a line about an event. `request` is `undefined` if the event is not about a request. `event` and `request` are `undefined`
 * for a line with the number of omitted lines.
 */
export type WriteLine<Raw extends object = object> = (
  level: LogLevel,
  line: string,
  event?: BearwardEvent,
  request?: Raw,
) => unknown

/** Returns a function that writes lines with a logger. */
export function toWriteLine(logger: Logger): WriteLine {
  return (level, line) => logger[level](line)
}
