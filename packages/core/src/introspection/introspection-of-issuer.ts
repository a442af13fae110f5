import { isAcceptableEndpoint } from '../authorization-server/address.ts'
import { boundedFetch } from '../authorization-server/bounded-fetch.ts'
import type { Bounds } from '../authorization-server/deadline.ts'
import { describeFailure, UNEXPECTED } from '../authorization-server/describe-failure.ts'
import {
  type DiscoveredEndpoint,
  discoveredEndpoint,
} from '../authorization-server/discovered-endpoint.ts'
import type { Publish } from '../events/publisher.ts'
import type { IntrospectionSettings, IssuerSettings } from '../issuers/issuer-settings.ts'
import type { Signer } from '../jwt/verify-jwt.ts'
import type { Settings } from '../options/read-options.ts'
import { type Introspection, introspection } from './introspection.ts'

/** The introspection that the settings of an issuer ask for, if they do. `closed` ends outgoing calls. */
export function introspectionOf(
  signer: Signer,
  settings: Settings,
  publish: Publish,
  closed: AbortSignal,
): Introspection | undefined {
  const { issuer, introspection: own } = signer.settings
  if (own === undefined) return undefined
  const bounds = { clock: settings.clock, timeout: settings.fetchMilliseconds, closed }
  return introspection({
    issuer: signer,
    settings: own,
    fetch: settings.fetch,
    bounds,
    endpoint: endpointOf(signer.settings, own, settings, bounds, publish),
    reports: {
      called: (active) => publish(() => ({ type: 'introspection_called', issuer, active })),
      cached: (active) => publish(() => ({ type: 'introspection_cached', issuer, active })),
      failed: ({ failure, detail }, pause) =>
        publish(() => ({ type: 'introspection_failed', issuer, failure, detail, pause })),
    },
  })
}

function endpointOf(
  { metadataIssuer: issuer }: IssuerSettings,
  { endpoint, clientAuthentication }: IntrospectionSettings,
  { fetch, insecureHosts }: Settings,
  bounds: Bounds,
  publish: Publish,
): DiscoveredEndpoint {
  if (endpoint !== undefined) return { find: () => endpoint, forget: () => {} }
  return discoveredEndpoint({
    issuer,
    endpoint: 'introspection_endpoint',
    byCertificate: clientAuthentication.method === 'tls_client_auth',
    get: boundedFetch(fetch),
    isAcceptable: (url) => isAcceptableEndpoint(url, issuer, insecureHosts),
    bounds,
    reports: {
      moved: (from, to) => publish(() => ({ type: 'introspection_moved', issuer, from, to })),
      discoveryFailed: (error) =>
        publish(() => ({
          type: 'discovery_failed',
          issuer,
          ...(describeFailure<'introspection_endpoint'>(error) ?? UNEXPECTED),
        })),
    },
  })
}
