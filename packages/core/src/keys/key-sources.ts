import { isAcceptableEndpoint } from '../authorization-server/address.ts'
import { boundedFetch } from '../authorization-server/bounded-fetch.ts'
import { withDeadline } from '../authorization-server/deadline.ts'
import type {
  DiscoveryFailedEvent,
  EndpointMovedEvent,
} from '../authorization-server/discovery-events.ts'
import type { JsonObject } from '../lib/json.ts'
import { ConfigurationError, toMessage } from '../errors.ts'
import type { Publish } from '../lib/publisher.ts'
import type { IssuerSettings, Settings } from '../model/settings.ts'
import { andThen } from '../lib/maybe-promise.ts'
import type { ConfigurationWarningEvent } from '../subject/provider-hint.ts'
import { type IgnoredKey, type KeySet, OTHER_USES, readKeySet, secretKeySet } from './key-set.ts'
import type { KeysEvent } from './key-events.ts'
import type { KeySource } from './key-source.ts'
import type { KeyRefreshOptions } from './key-refresh.ts'
import { publishedKeys } from './published-keys.ts'
import { remoteKeys } from './remote-keys.ts'
import { staticKeys, unusedKeys } from './static-keys.ts'

type PublishKeys = Publish<
  KeysEvent | EndpointMovedEvent | DiscoveryFailedEvent | ConfigurationWarningEvent
>

/**
 * Creates the key source for the settings of an issuer. `closed` aborts outgoing calls. `onFound` is called with the URL of
 * the keys. For `startedBy`, see `KeyRefreshOptions`.
 *
 * @throws {ConfigurationError} If configured keys cannot be used. With the portable engine, which imports keys
 * asynchronously, `ready()` and every request reject with this error instead.
 */
export function createKeySource(
  issuer: IssuerSettings,
  settings: Settings,
  publish: PublishKeys,
  closed: AbortSignal,
  onFound: (address: string) => void,
  startedBy: KeyRefreshOptions['startedBy'],
): KeySource {
  const { keyOrigin: origin, algorithms } = issuer
  if (origin.kind === 'unused') return unusedKeys
  if (origin.kind === 'secret') {
    // A secret has no thumbprint, so it cannot be distrusted.
    const { distrustKey: _, ...keys } = staticKeys(
      secretKeySet(origin.secret, algorithms.algorithms),
    )
    return keys
  }
  if (origin.kind === 'static') {
    return staticKeys(
      andThen(readConfigured(issuer, origin.document), (set) =>
        checkIgnored(set, issuer.metadataIssuer, publish),
      ),
    )
  }

  const { clock, fetch, fetchTimeout: timeout, insecureHosts, keyAges: ages } = settings
  const bounds = { clock, timeout, closed }
  const fetchPublished = publishedKeys({
    settings: issuer,
    get: boundedFetch(fetch),
    isAcceptable: (url) => isAcceptableEndpoint(url, issuer.metadataIssuer, insecureHosts),
    bounds,
    publish,
    onFound,
  })
  const fetchKeySet = () => withDeadline(bounds, fetchPublished)
  const { metadataIssuer } = issuer
  return remoteKeys({
    issuer: metadataIssuer,
    fetchKeySet,
    timeout,
    ages,
    clock,
    closed,
    publish,
    startedBy,
  })
}

function readConfigured(
  { metadataIssuer: issuer, algorithms }: IssuerSettings,
  document: JsonObject,
) {
  try {
    return readKeySet(document, algorithms)
  } catch (error) {
    throw createError(issuer, toMessage(error))
  }
}

/**
 * Checks configured keys. Keys for other purposes are ignored with a warning, because users copy key sets as they are
 * published. Any other unusable key throws a `ConfigurationError`.
 */
function checkIgnored(set: KeySet, issuer: string, publish: PublishKeys): KeySet {
  const describe = ({ index, reason }: IgnoredKey) => `jwks.keys[${index}]: ${reason}`
  const mistakes = set.ignored.filter(({ reason }) => !OTHER_USES.includes(reason))
  if (mistakes.length > 0) throw createError(issuer, mistakes.map(describe).join(', '))
  if (set.ignored.length > 0) {
    const advice = `These keys are not used to verify tokens of this issuer: ${set.ignored.map(describe).join(', ')}. Remove them, or check the option algorithms.`
    publish('configuration_warning', () => ({ issuer, option: 'jwks', advice }))
  }
  return set
}

function createError(issuer: string, detail: string): ConfigurationError {
  return new ConfigurationError(`The keys that are configured for ${issuer} cannot be used`, [
    detail,
  ])
}
