import type { AdapterBearward, AdapterDefinition, AdapterHandler } from './adapter-definition.ts'
import { CONTINUE, createHandler } from './adapter-handler.ts'
import { setAdapterParts } from './adapter-parts.ts'
import type { Requirements } from './authorization/requirements.ts'
import { createCors } from './create-cors.ts'
import { ConfigurationError } from './errors.ts'
import { andThen } from './lib/maybe-promise.ts'
import { mustBeAwaited } from './lib/must-be-awaited.ts'
import { getMember, isPlainObject, isRecord } from './lib/objects.ts'
import { toWriteLine, type WriteLine } from './log/logger.ts'
import { type Granted, OUTCOME_MEMBERS } from './model/outcome.ts'
import type { Refused } from './response/refusal.ts'
import type { RequestLike } from './model/request-like.ts'
import type { OptionSource } from './options/option-source.ts'
import { AS_OPTIONS, type ServerSettings } from './options/read-options.ts'
import { beginGuard } from './request/request-state.ts'
import { createServer } from './create-server.ts'
import type { ResourceServer } from './resource-server.ts'

/** Creates the functions that `createBearward` returns. */
export function createAdapterBearward<Args extends readonly [object, ...unknown[]], Result>(
  definition: AdapterDefinition<Args, Result>,
  settings: ServerSettings,
  log: WriteLine<Args[0]> = getLog(definition),
): AdapterBearward<Args[0], AdapterHandler<Args, Result>> {
  const toRequestLike = createRequestReader(definition)
  const server = createServer(settings, log)
  const { ready, status, distrustKey, forgetIssuer, close } = server
  setAdapterParts(close, { definition: definition as never, toRequestLike })
  async function verify(
    token: string,
    ...options: readonly [{ readonly request: Args[0] }?]
  ): Promise<Granted | Refused> {
    if (options.length === 0) return server.verify(token)
    const [given] = options
    // A value that is not `{ request }` is passed unchanged, because the core reports it as an error.
    const proving =
      isPlainObject(given) && isRecord(given['request'])
        ? { ...given, request: toRequestLike(given['request']) }
        : given
    return server.verify(token, proving as { readonly request: RequestLike })
  }

  function createMetadataHandler(): AdapterHandler<Args, Result> {
    const respond = server.metadata()
    return createHandler(definition, toRequestLike, (request) =>
      andThen(respond(request), (response) =>
        response === undefined ? CONTINUE : { kind: 'respond', ...response },
      ),
    )
  }

  return {
    requireToken: (...requirements) => createGuard(definition, server, requirements),
    authorize(raw, ...requirements) {
      const decide = async () =>
        server.authorize(toRequestLike(raw), ...(requirements as [Requirements]))
      // An anonymous outcome is possible only if the requirements have `optional: true`.
      return mustBeAwaited(decide(), OUTCOME_MEMBERS) as Promise<never>
    },
    verify: (...args) => mustBeAwaited(verify(...args), OUTCOME_MEMBERS),
    metadata(...unexpected: readonly unknown[]) {
      if (unexpected.length === 0) return createMetadataHandler()
      throw new ConfigurationError('metadata was used as a middleware', [
        'Write metadata() with parentheses: this call returns the middleware.',
      ])
    },
    cors: (given) => createHandler(definition, toRequestLike, createCors(given)),
    ready,
    status,
    distrustKey,
    forgetIssuer,
    close,
  }
}

/** Creates a guard for a framework. The guard of the resource server decides about each request. */
export function createGuard<Args extends readonly [object, ...unknown[]], Result>(
  definition: AdapterDefinition<Args, Result>,
  server: ResourceServer,
  requirements: readonly unknown[],
): AdapterHandler<Args, Result> {
  // The arguments are passed unchanged, so that the core reports an argument that is present but undefined.
  const guard = server.guard(...(requirements as [Requirements]))
  // If the adapter cannot describe the request, `guard` is not called. In this case, `beginGuard` records that the request has
  // reached a guard.
  const handle = createHandler(definition, createRequestReader(definition), guard, beginGuard)
  return function bearwardGuard(...args) {
    return handle(...args)
  }
}

/** Returns the `OptionSource` with which the options of an adapter are validated. */
export function toSource<Args extends readonly [object, ...unknown[]], Result>(
  definition: AdapterDefinition<Args, Result>,
): OptionSource {
  return { ...AS_OPTIONS, hasSocket: getMember(definition, 'getSocket') !== undefined }
}

/** Returns the function that describes a request for the core. */
function createRequestReader<Args extends readonly [object, ...unknown[]], Result>(
  definition: AdapterDefinition<Args, Result>,
): (raw: Args[0]) => RequestLike {
  const identify: RequestLike['identify'] = getMember(definition, 'identify')
  const getSocket = getMember(definition, 'getSocket')
  return (raw) => {
    const socket = getSocket?.(raw)
    return Object.assign(definition.toRequest(raw), { raw, identify, socket })
  }
}

/** Returns the function that writes the log if neither `logger` nor `onEvent` is set. */
export function getLog<Args extends readonly [object, ...unknown[]], Result>(
  definition: AdapterDefinition<Args, Result>,
): WriteLine<Args[0]> {
  return getMember(definition, 'log') ?? toWriteLine(console)
}
