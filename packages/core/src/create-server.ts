import { REFERENCES } from './advice/advisor.ts'
import { ANY_TOKEN, readRequirements } from './authorization/read-requirements.ts'
import { ConfigurationError } from './errors.ts'
import type { BearwardEvent } from './events.ts'
import { createIssuers } from './issuers/issuers.ts'
import { quoteName } from './lib/describe-given.ts'
import { addIfMissing, copyOwnMembers, isPlainObject, isRecord } from './lib/objects.ts'
import type { DpopSettings } from './binding/dpop/dpop-settings.ts'
import { BEARER } from './request/credentials.ts'
import type { Scheme } from './response/challenge.ts'
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
import { setServerBase } from './server-base.ts'

/**
 * Maximum number of unknown members in one warning about the results of `errorBody`. When this number of unknown members has been
 * named, no further warning is published.
 */
const MOST_IGNORED = 10

/**
 * Creates a resource server from validated options, for adapters. `defaultLog` writes the log if neither `logger` nor `onEvent`
 * is set.
 */
export function createServer(
  {
    settings,
    parts,
    dpop: dpopSettings,
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
  const dpop = dpopSettings && parts.dpop!.create(dpopSettings, settings.clock, publish)
  const mtls = settings.mtls && {
    isRequired: settings.mtls.mode === 'required',
    checkCertificate: parts.mtls!.createCheck(settings.mtls, { clock: settings.clock, publish }),
  }
  const metadata = createResourceMetadata(
    settings,
    { hasBearerHeader: credentials === undefined, dpop: dpopSettings },
    parts.signedMetadata?.sign,
  )
  const schemes = getSchemes(dpopSettings)
  const ignored = new Set<string>()
  function reportIgnored(members: readonly string[]): void {
    if (ignored.size >= MOST_IGNORED) return
    const others = members.filter((name) => addIfMissing(ignored, name)).map(quoteName)
    if (others.length === 0) return
    const advice = `Its result has members without effect: ${others.slice(0, MOST_IGNORED).join(', ')}. Return only body and contentType.`
    publish('configuration_warning', () => ({ issuer: undefined, option: 'errorBody', advice }))
  }
  let isMetadataUsed = false
  /** Warns if `metadata()` was not called. Clients follow the address in the challenge, so a handler must serve this address. */
  function reportUnusedMetadata(): void {
    if (isMetadataUsed) return
    isMetadataUsed = true
    const advice =
      'metadata() was not called, but challenges contain the address of the metadata. Mount the handler that metadata() returns, unless another program serves this address.'
    publish('configuration_warning', () => ({ issuer: undefined, option: 'metadata', advice }))
  }
  const services = {
    findCredentials: createCredentialsReader(credentials, schemes),
    dpop,
    mtls,
    advisor,
    introspection: parts.introspection?.steps,
    issuers: issuers.trusted,
    tokenCache: cache,
    clock: settings.clock,
    missingAudience: new MissingAudienceReports(settings.clock, publish),
    publish,
    isRevoked: revoked,
    refusal: {
      realm,
      schemes,
      algs: dpopSettings?.algorithms.join(' '),
      resourceMetadata: metadata?.url,
      errorBody,
      reportIgnored,
      onMetadataNamed: reportUnusedMetadata,
    },
    distrustCount: 0,
  }

  const requirementSettings = {
    scopes: settings.scopes,
    bindings: [
      ...(dpop === undefined ? [] : (['dpop'] as const)),
      ...(mtls === undefined ? [] : (['mtls'] as const)),
    ],
  }

  function guard(...given: readonly unknown[]): Guard {
    const requirements = readRequirements(given, issuers.guarded, requirementSettings)
    return (request) => runPipeline(createGuardExchange(request, requirements, services))
  }

  function authorize(request: RequestLike, ...given: readonly unknown[]): MaybePromise<Outcome> {
    const requirements = readRequirements(given, issuers.guarded, requirementSettings)
    return runPipeline(createExchange(request, requirements, services))
  }

  const close = () => closing.abort()
  const server: ResourceServer = {
    guard,
    authorize: authorize as ResourceServer['authorize'],
    verify(token, ...options) {
      const exchange = createDetachedExchange(ANY_TOKEN, services, readProvingRequest(options))
      return runPipelineForToken(token, exchange) as MaybePromise<Granted | Refused>
    },
    metadata() {
      isMetadataUsed = true
      if (metadata !== undefined) return metadata.respond
      throw new ConfigurationError('metadata() needs other options', [
        'Set resource to the address of this API, and metadata to an object: metadata: {}.',
      ])
    },
    ready: async () =>
      void (await Promise.all([issuers.ready(), metadata?.ready(), dpop?.ready()])),
    status: () => ({ issuers: issuers.status(), controls: toList(dpop?.status) }),
    distrustKey(key) {
      issuers.distrustKey(key?.issuer, key?.thumbprint, () => services.distrustCount++)
    },
    forgetIssuer: issuers.forgetIssuer,
    close,
  }
  setServerBase(close, {
    settings,
    services,
    issuers: issuers.guarded,
    requirementSettings,
    verify: server.verify,
  })
  return server
}

function toList<T>(value: T | undefined): readonly T[] {
  return value === undefined ? [] : [value]
}

/** Returns the schemes that an API accepts in the `Authorization` header. */
function getSchemes(dpop: DpopSettings | undefined): readonly Scheme[] {
  if (dpop === undefined) return BEARER
  return dpop.mode === 'required' ? ['DPoP'] : ['Bearer', 'DPoP']
}

/**
 * Returns the request in the options of `verify`. Throws if the options do not have exactly the form `{ request }`, because a
 * request in the wrong place would not be checked.
 */
function readProvingRequest(given: readonly unknown[]): RequestLike | undefined {
  if (given.length === 0) return undefined
  const [options] = given
  const request = isPlainObject(options) ? copyOwnMembers(options)['request'] : undefined
  const isOnly = isPlainObject(options) && Object.keys(options).length === 1
  if (given.length === 1 && isOnly && isRecord(request)) return request as unknown as RequestLike
  throw new TypeError('The second argument of verify must be { request }, or must be omitted.')
}
