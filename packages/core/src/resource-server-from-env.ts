import { ENVIRONMENT, optionsFromEnv } from './options/environment.ts'
import type { WriteLine } from './log/logger.ts'
import { readOptions } from './options/read-options.ts'
import { failUnlessAwaited } from './create-resource-server.ts'
import { createServer } from './create-server.ts'
import type { ResourceServer } from './resource-server.ts'

interface ServerOfEnv {
  /** The options from the environment variables, as JSON. */
  readonly options: string
  readonly server: ResourceServer
  /** The log of the first adapter that uses this server. */
  readonly log: { write: WriteLine | undefined }
}

let latest: ServerOfEnv | undefined

/**
 * Returns the resource server that the `BEARWARD_*` environment variables configure. The stand-alone `requireToken` of
 * adapters uses this server. Until a variable changes, every call returns the same server, so that all guards of a process share
 * the keys.
 *
 * @throws {ConfigurationError} if variables are missing, unknown or wrong
 * @example
 * const server = resourceServerFromEnv(process.env)
 * const guard = server.guard({ scope: 'read:reports' })
 */
export function resourceServerFromEnv(
  environment: Readonly<Record<string, string | undefined>>,
): ResourceServer {
  return failUnlessAwaited(serverFromEnv(environment))
}

/**
 * Returns the same server as `resourceServerFromEnv`, for adapters. If several calls pass the same variables, only the first
 * `defaultLog` is used.
 */
export function serverFromEnv(
  environment: Readonly<Record<string, string | undefined>>,
  defaultLog?: WriteLine,
): ResourceServer {
  const options = optionsFromEnv(environment)
  const json = JSON.stringify(options)
  if (latest?.options !== json) {
    const log: ServerOfEnv['log'] = { write: undefined }
    const write: WriteLine = (...line) => log.write?.(...line)
    const server = createServer(readOptions(options, ENVIRONMENT), write)
    latest = { options: json, server, log }
  }
  latest.log.write ??= defaultLog
  return latest.server
}
