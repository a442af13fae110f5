import type { WriteLine } from '@bearward/core/adapter'
import type { FastifyBaseLogger } from 'fastify'
import type { AnyRequest } from './types.ts'

/** The log of one Bearward. */
export interface AppLog {
  readonly write: WriteLine<AnyRequest>
  /** Uses the log of an app for lines that are about no request. */
  readonly use: (log: FastifyBaseLogger) => void
}

/**
 * Creates a log that writes to the log of the request or of the app. Lines go to the console if the app has none, which is
 * the default of Fastify.
 */
export function createAppLog(): AppLog {
  let appLog: FastifyBaseLogger | undefined
  return {
    use: (log) => void (appLog = log),
    write(level, line, event, request) {
      if (request !== undefined) appLog ??= request.server?.log
      const log = request?.log ?? appLog
      // The log of an app without a logger does nothing, and has no level.
      if (log?.level === undefined) console[level](line)
      else log[level](event ?? {}, line)
    },
  }
}
