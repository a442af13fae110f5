import { REFERENCES } from './advice/advisor.ts'
import { ANY_TOKEN, readRequirements } from './authorization/read-requirements.ts'
import { ConfigurationError } from './errors.ts'
import type { BearwardEvent } from './events.ts'
import { createIssuers } from './issuers/issuers.ts'
import { quoteName } from './lib/describe-given.ts'
import { addIfMissing } from './lib/objects.ts'
import { createLog } from './log/create-log.ts'
import { toWriteLine, type WriteLine } from './log/logger.ts'
import type { MaybePromise } from './lib/maybe-promise.ts'
import { createPublisher } from './lib/publisher.ts'
import type { Granted, Outcome } from './model/outcome.ts'
import type { RequestLike } from './model/request-like.ts'
import type { ServerSettings } from './options/read-options.ts'
import { createResourceMetadata } from './protected-resource-metadata.ts'
import { createCredentialsReader } from './request/credentials-elsewhere.ts'
import { createDetachedExchange, createExchange, createGuardExchange } from './request/exchange.ts'
import { runPipeline, runPipelineForToken } from './request/pipeline.ts'
import type { Refused } from './response/refusal.ts'
import { TokenCache } from './token/cache/token-cache.ts'
import { MissingAudienceReports } from './token/missing-audience.ts'
import type { Guard, ResourceServer } from './resource-server.ts'

/** Maximum number of members without effect in results of `errorBody` that are reported. */
const MOST_IGNORED = 10

/**
 * Creates a resource server for adapters from validated options. `defaultLog` writes the log if neither `logger` nor `onEvent` is set.
 */
export function createServer(
  {
    settings,
    parts,
    credentials,
    realm,
    tokenCache,
    logger,
    onEvent,
    errorBody,
    revoked,
    warnings,
  }: ServerSettings,
  defaultLog?: WriteLine,
): ResourceServer {
  const closing = new AbortController()
  const advisor = parts.advice ?? REFERENCES
  const write = logger ? toWriteLine(logger) : defaultLog
  const isSilent = logger === false || (logger === undefined && onEvent !== undefined)
  const log =
    write === undefined || isSilent
      ? undefined
      : createLog(write, advisor, settings.clock, closing.signal)
  const publish = createPublisher<BearwardEvent>(onEvent, log)
  for (const warning of warnings) publish('configuration_warning', () => warning)
  const cache = tokenCache && new TokenCache(tokenCache)
  const issuers = createIssuers(
    settings,
    publish,
    closing.signal,
    { steps: parts.introspection?.steps, createDynamic: parts.dynamicIssuers?.create },
    (issuer) => cache?.forget(issuer),
  )
  const metadata = createResourceMetadata(
    settings,
    credentials === undefined,
    parts.signedMetadata?.sign,
  )
  const ignored = new Set<string>()
  function reportIgnored(members: readonly string[]): void {
    if (ignored.size >= MOST_IGNORED) return
    const others = members.filter((name) => addIfMissing(ignored, name)).map(quoteName)
    if (others.length === 0) return
    const advice = `Its result has members without effect: ${others.slice(0, MOST_IGNORED).join(', ')}. Return only body and contentType.`
    publish('configuration_warning', () => ({ issuer: undefined, option: 'errorBody', advice }))
  }
  const services = {
    findCredentials: createCredentialsReader(credentials),
    advisor,
    introspection: parts.introspection?.steps,
    issuers: issuers.trusted,
    tokenCache: cache,
    clock: settings.clock,
    missingAudience: new MissingAudienceReports(settings.clock, publish),
    publish,
    isRevoked: revoked,
    refusal: { realm, resourceMetadata: metadata?.url, errorBody, reportIgnored },
    distrustCount: 0,
  }

  function guard(...given: readonly unknown[]): Guard {
    const requirements = readRequirements(given, issuers.guarded, settings.scopes)
    return (request) => runPipeline(createGuardExchange(request, requirements, services))
  }

  function authorize(request: RequestLike, ...given: readonly unknown[]): MaybePromise<Outcome> {
    const requirements = readRequirements(given, issuers.guarded, settings.scopes)
    return runPipeline(createExchange(request, requirements, services))
  }

  return {
    guard,
    authorize: authorize as ResourceServer['authorize'],
    verify(token) {
      const exchange = createDetachedExchange(ANY_TOKEN, services)
      return runPipelineForToken(token, exchange) as MaybePromise<Granted | Refused>
    },
    metadata() {
      if (metadata !== undefined) return metadata.respond
      throw new ConfigurationError('metadata() needs other options', [
        'Set resource to the address of this API, and metadata to an object: metadata: {}.',
      ])
    },
    ready: async () => void (await Promise.all([issuers.ready(), metadata?.ready()])),
    status: issuers.status,
    distrustKey(key) {
      issuers.distrustKey(key?.issuer, key?.thumbprint, () => services.distrustCount++)
    },
    forgetIssuer: issuers.forgetIssuer,
    close: () => closing.abort(),
  }
}
