import { isAcceptableEndpoint } from '../../authorization-server/address.ts'
import { boundedFetch } from '../../authorization-server/bounded-fetch.ts'
import type { Bounds } from '../../authorization-server/deadline.ts'
import {
  type DiscoveredEndpoint,
  createDiscoveredEndpoint,
} from '../../authorization-server/discovered-endpoint.ts'
import type {
  DiscoveryFailedEvent,
  EndpointMovedEvent,
} from '../../authorization-server/discovery-events.ts'
import type { Publish } from '../../lib/publisher.ts'
import type { IntrospectionSettings, IssuerSettings, Settings } from '../../model/settings.ts'
import type { Signer } from '../jwt/verify-jwt.ts'
import { createIntrospection, type Introspection } from './introspection.ts'
import type { CachedResponseLimits } from './introspection-cache.ts'
import type { IntrospectionEvent } from './introspection-events.ts'

type IssuerPublish = Publish<IntrospectionEvent | EndpointMovedEvent | DiscoveryFailedEvent>

/**
 * Creates the introspection of an issuer. Returns `undefined` if introspection is not configured. `closed` aborts outgoing calls.
 * `onFound` is called with the address of the endpoint. `cachedResponses` limits the cache.
 */
export function createIssuerIntrospection(
  signer: Signer,
  { clock, fetch, fetchTimeout, insecureHosts }: Settings,
  publish: IssuerPublish,
  closed: AbortSignal,
  onFound: (address: string) => void,
  cachedResponses: CachedResponseLimits,
): Introspection | undefined {
  const { introspection: settings } = signer.settings
  if (settings === undefined) return undefined
  const bounds = { clock, timeout: fetchTimeout, closed }
  const get = boundedFetch(fetch)
  const { metadataIssuer } = signer.settings
  const isAcceptable = (url: string) => isAcceptableEndpoint(url, metadataIssuer, insecureHosts)
  const endpoint = createEndpoint(signer.settings, settings, {
    get,
    isAcceptable,
    bounds,
    publish,
    onFound,
  })
  return createIntrospection({
    issuer: signer,
    settings,
    fetch,
    bounds,
    endpoint,
    publish,
    cachedResponses,
  })
}

interface Lookup {
  readonly get: ReturnType<typeof boundedFetch>
  readonly isAcceptable: (url: string) => boolean
  readonly bounds: Bounds
  readonly publish: IssuerPublish
  readonly onFound: (address: string) => void
}

function createEndpoint(
  { metadataIssuer: issuer }: IssuerSettings,
  { endpoint, clientAuthentication }: IntrospectionSettings,
  lookup: Lookup,
): DiscoveredEndpoint {
  if (endpoint !== undefined) {
    lookup.onFound(endpoint)
    return { find: () => endpoint, forget: () => {} }
  }
  return createDiscoveredEndpoint({
    issuer,
    endpoint: 'introspection_endpoint',
    byCertificate: clientAuthentication.method === 'tls_client_auth',
    ...lookup,
  })
}
