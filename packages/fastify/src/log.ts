import type { WriteLine } from '@bearward/core/adapter'
import type { FastifyBaseLogger } from 'fastify'
import type { AnyRequest } from './types.ts'

/** The log of one `Bearward`. */
export interface AppLog {
  readonly write: WriteLine<AnyRequest>
  /** Sets the log of an app, for lines that are not about a request. */
  readonly use: (log: FastifyBaseLogger) => void
}

/**
 * Creates a log that writes to the log of the request or of the app. If the app has no logger, which is the default of
 * Fastify, the lines are written to the console.
 */
export function createAppLog(): AppLog {
  let appLog: FastifyBaseLogger | undefined
  return {
    use: (log) => void (appLog = log),
    write(level, line, event, request) {
      if (request !== undefined) appLog ??= request.server?.log
      const log = request?.log ?? appLog
      // If an app has no logger, its log does nothing and has no level.
      if (log?.level === undefined) console[level](line)
      else log[level](event ?? {}, line)
    },
  }
}
