import type { BearwardEvent } from '../events.ts'

/**
 * A logger. Each line is one text, so that `console` and the loggers of pino, winston, bunyan and log4js fit.
 *
 * @example
 * createBearward({ issuer, audience, logger: pino() })
 */
export interface Logger {
  /** Writes a line about a refused request, or a recovery. */
  info(line: string): unknown
  /** Writes a line about a fault of this application or of a server. */
  warn(line: string): unknown
}

export type LogLevel = keyof Logger

/** Writes a line. `event` and `request` are those that it is about. A count of lines is about none. */
export type WriteLine<Raw extends object = object> = (
  level: LogLevel,
  line: string,
  event?: BearwardEvent,
  request?: Raw,
) => unknown

/** Writes lines with a logger. */
export function toWriteLine(logger: Logger): WriteLine {
  return (level, line) => logger[level](line)
}
