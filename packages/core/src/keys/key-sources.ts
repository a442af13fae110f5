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
import { type KeySet, readKeySet, secretKeySet } from './key-set.ts'
import type { KeysEvent } from './key-events.ts'
import type { KeySource } from './key-source.ts'
import { publishedKeys } from './published-keys.ts'
import { remoteKeys } from './remote-keys.ts'
import { staticKeys, unusedKeys } from './static-keys.ts'

/**
 * The key source that the settings of an issuer ask for. Throws a `ConfigurationError` where keys of the
 * configuration cannot be used; what only an asynchronous import finds out (the portable engine), `ready()`
 * and every request reject with. `closed` ends outgoing calls. `onFound` is called with the address of the keys.
 */
export function createKeySource(
  issuer: IssuerSettings,
  settings: Settings,
  publish: Publish<KeysEvent | EndpointMovedEvent | DiscoveryFailedEvent>,
  closed: AbortSignal,
  onFound: (address: string) => void,
): KeySource {
  const { keyOrigin: origin, algorithms } = issuer
  if (origin.kind === 'unused') return unusedKeys
  if (origin.kind === 'secret') {
    // A secret has no thumbprint by which it could be distrusted.
    const { distrustKey: _, ...keys } = staticKeys(
      secretKeySet(origin.secret, algorithms.algorithms),
    )
    return keys
  }
  if (origin.kind === 'static') {
    return staticKeys(
      andThen(readConfigured(issuer, origin.document), (set) =>
        allUsable(set, issuer.metadataIssuer),
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
  return remoteKeys({ issuer: issuer.metadataIssuer, fetchKeySet, ages, clock, closed, publish })
}

function readConfigured(
  { metadataIssuer: issuer, algorithms }: IssuerSettings,
  document: JsonObject,
) {
  try {
    return readKeySet(document, algorithms)
  } catch (error) {
    throw unusable(issuer, toMessage(error))
  }
}

/** Keys of the configuration are somebody's intention: one that cannot be used is a mistake. */
function allUsable(set: KeySet, issuer: string): KeySet {
  if (set.ignored.length === 0) return set
  throw unusable(
    issuer,
    set.ignored.map(({ index, reason }) => `jwks.keys[${index}]: ${reason}`).join(', '),
  )
}

function unusable(issuer: string, detail: string): ConfigurationError {
  return new ConfigurationError(`The keys that are configured for ${issuer} cannot be used`, [
    detail,
  ])
}
