import { isAcceptableEndpoint } from '../authorization-server/address.ts'
import { boundedFetch } from '../authorization-server/bounded-fetch.ts'
import { withDeadline } from '../authorization-server/deadline.ts'
import { describeFailure, UNEXPECTED } from '../authorization-server/describe-failure.ts'
import type { JsonObject } from '../encoding/json.ts'
import { ConfigurationError, messageOf } from '../errors.ts'
import type { Publish } from '../events/publisher.ts'
import type { IssuerSettings } from '../issuers/issuer-settings.ts'
import { andThen } from '../maybe-promise.ts'
import type { Settings } from '../options/read-options.ts'
import { type KeySet, readKeySet, secretKeySet } from './key-set.ts'
import type { KeySource } from './key-source.ts'
import { publishedKeys } from './published-keys.ts'
import { remoteKeys } from './remote-keys.ts'
import { staticKeys, unusedKeys } from './static-keys.ts'

/**
 * The key source that the settings of an issuer ask for. Throws a `ConfigurationError` where keys of the
 * configuration cannot be used; what only an asynchronous import finds out (the portable engine), `ready()`
 * and every request reject with. `closed` ends outgoing calls.
 */
export function keySourceOf(
  issuer: IssuerSettings,
  settings: Settings,
  publish: Publish,
  closed: AbortSignal,
): KeySource {
  const { keyOrigin: origin, algorithms } = issuer
  const named = { issuer: issuer.metadataIssuer }
  if (origin.kind === 'unused') return unusedKeys
  if (origin.kind === 'secret') {
    // A secret has no thumbprint by which it could be distrusted.
    const { distrust: _, ...keys } = staticKeys(secretKeySet(origin.secret, algorithms.algorithms))
    return keys
  }
  if (origin.kind === 'static') {
    return staticKeys(
      andThen(readConfigured(issuer, origin.document), (set) =>
        allUsable(set, issuer.metadataIssuer),
      ),
    )
  }

  const bounds = { clock: settings.clock, timeout: settings.fetchMilliseconds, closed }
  const fetchPublished = publishedKeys({
    settings: issuer,
    get: boundedFetch(settings.fetch),
    isAcceptable: (url) => isAcceptableEndpoint(url, issuer.metadataIssuer, settings.insecureHosts),
    bounds,
    reports: {
      moved: (from, to) => publish(() => ({ type: 'keys_moved', ...named, from, to })),
      discoveryFailed: (error) =>
        publish(() => ({
          type: 'discovery_failed',
          ...named,
          ...(describeFailure<'jwks_uri'>(error) ?? UNEXPECTED),
        })),
    },
  })
  return remoteKeys({
    ...named,
    fetchKeySet: () => withDeadline(bounds, fetchPublished),
    ages: settings.keyAges,
    clock: settings.clock,
    closed,
    reports: {
      refreshed: ({ size, ignored }, failures) => {
        publish(() => ({ type: 'keys_refreshed', ...named, keys: size, ignored }))
        if (failures > 0) publish(() => ({ type: 'keys_recovered', ...named, failures }))
      },
      failed: (error, failures) =>
        publish(() => ({ type: 'keys_failed', ...named, ...whyFailed(error), failures })),
      stale: () => publish(() => ({ type: 'keys_stale', ...named })),
      sought: (because) => publish(() => ({ type: 'keys_sought', ...named, because })),
    },
  })
}

function readConfigured(
  { metadataIssuer: issuer, algorithms }: IssuerSettings,
  document: JsonObject,
) {
  try {
    return readKeySet(document, algorithms)
  } catch (error) {
    throw unusable(issuer, messageOf(error))
  }
}

/** Keys of the configuration are somebody's intention: one that cannot be used is a mistake. */
function allUsable(set: KeySet, issuer: string): KeySet {
  if (set.ignored.length === 0) return set
  throw unusable(issuer, set.ignored.map(({ index, why }) => `keys[${index}]: ${why}`).join(', '))
}

function unusable(issuer: string, detail: string): ConfigurationError {
  return new ConfigurationError(`The keys that are configured for ${issuer} cannot be used`, [
    detail,
  ])
}

function whyFailed(error: unknown) {
  return (
    describeFailure<'jwks_uri'>(error) ??
    ({ failure: 'unusable_key_set', detail: messageOf(error) } as const)
  )
}
