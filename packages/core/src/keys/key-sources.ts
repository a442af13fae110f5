import { isAcceptableAddress } from '../authorization-server/address.ts'
import { FetchError, getJson } from '../authorization-server/bounded-fetch.ts'
import { discover, MetadataError } from '../authorization-server/metadata.ts'
import { ConfigurationError, messageOf } from '../errors.ts'
import type { KeysFailedEvent } from '../events/events.ts'
import type { Publish } from '../events/publisher.ts'
import type { IssuerSettings } from '../issuers/issuer-settings.ts'
import { andThen } from '../maybe-promise.ts'
import type { Settings } from '../options/read-options.ts'
import { type KeySet, readKeySet, secretKeySet } from './key-set.ts'
import type { KeySource } from './key-source.ts'
import { remoteKeys } from './remote-keys.ts'
import { staticKeys } from './static-keys.ts'

/**
 * The key source that the settings of an issuer ask for. Throws a `ConfigurationError` where keys of the
 * configuration cannot be used. `closed` ends outgoing calls.
 */
export function keySourceOf(
  issuer: IssuerSettings,
  settings: Settings,
  publish: Publish,
  closed: AbortSignal,
): KeySource {
  const { keyOrigin: origin, algorithms } = issuer
  if (origin.kind === 'secret')
    return staticKeys(secretKeySet(origin.secret, algorithms.algorithms))
  if (origin.kind === 'static') {
    return staticKeys(andThen(readConfigured(issuer), (set) => allUsable(set, issuer.issuer)))
  }

  const get = (url: string) =>
    getJson(url, { fetch: settings.fetch, timeout: settings.fetchTimeout, signal: closed })
  const isAcceptable = (url: string) => isAcceptableAddress(url, settings.insecureHosts)
  const jwksUri = async () =>
    origin.kind === 'jwks_uri'
      ? origin.uri
      : (await discover(issuer.issuer, get, isAcceptable)).jwksUri
  const fetchKeySet = async () => readKeySet(await get(await jwksUri()), algorithms)

  return remoteKeys(issuer.issuer, fetchKeySet, settings.clock, {
    refreshed: ({ size, ignored }) =>
      publish(() => ({ type: 'keys_refreshed', issuer: issuer.issuer, keys: size, ignored })),
    failed: (error) =>
      publish(() => ({
        type: 'keys_failed',
        issuer: issuer.issuer,
        failure: failureOf(error),
        detail: messageOf(error),
      })),
  })
}

function readConfigured({ issuer, algorithms, keyOrigin }: IssuerSettings) {
  try {
    return readKeySet(
      (keyOrigin as { document: Parameters<typeof readKeySet>[0] }).document,
      algorithms,
    )
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

function failureOf(error: unknown): KeysFailedEvent['failure'] {
  const known = error instanceof FetchError || error instanceof MetadataError
  return known ? error.failure : 'unusable_key_set'
}
