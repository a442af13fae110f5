import { ENVIRONMENT, optionsFromEnv } from './options/environment.ts'
import type { WriteLine } from './log/logger.ts'
import { readOptions } from './options/read-options.ts'
import { createServer, type ResourceServer } from './resource-server.ts'

interface ServerOfEnv {
  readonly environment: string
  readonly server: ResourceServer
  /** The log of the first adapter that uses this server. */
  readonly log: { write: WriteLine | undefined }
}

let latest: ServerOfEnv | undefined

/**
 * The resource server that `BEARWARD_*` environment variables configure: what adapters build their
 * stand-alone `requireToken` on. As long as the variables stay the same it is the same server, so that all
 * guards of a process share one set of keys.
 *
 * Throws a `ConfigurationError` where variables are missing, unknown or wrong.
 */
export function resourceServerFromEnv(
  environment: Readonly<Record<string, string | undefined>>,
): ResourceServer {
  return serverFromEnv(environment)
}

/** The same for adapters. The first `defaultLog` for these variables writes the log. */
export function serverFromEnv(
  environment: Readonly<Record<string, string | undefined>>,
  defaultLog?: WriteLine,
): ResourceServer {
  const options = optionsFromEnv(environment)
  const key = JSON.stringify(options)
  if (latest?.environment !== key) {
    const log: ServerOfEnv['log'] = { write: undefined }
    const write: WriteLine = (...line) => log.write?.(...line)
    const server = createServer(readOptions(options, ENVIRONMENT), write)
    latest = { environment: key, server, log }
  }
  latest.log.write ??= defaultLog
  return latest.server
}
