import { ConfigurationError } from './errors.ts'
import { optionsFromEnv, inVariables } from './options/environment.ts'
import type { ResourceServerOptions } from './options/options.ts'
import { createResourceServer, type ResourceServer } from './resource-server.ts'

let latest: { readonly environment: string; readonly server: ResourceServer } | undefined

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
  const options = optionsFromEnv(environment)
  const key = JSON.stringify(options)
  if (latest?.environment !== key) latest = { environment: key, server: createServer(options) }
  return latest.server
}

function createServer(options: ResourceServerOptions): ResourceServer {
  try {
    return createResourceServer(options)
  } catch (error) {
    throw error instanceof ConfigurationError ? inVariables(error) : error
  }
}
