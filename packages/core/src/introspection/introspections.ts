import { isAcceptableAddress } from '../authorization-server/address.ts'
import { boundedFetch } from '../authorization-server/bounded-fetch.ts'
import type { Bounds } from '../authorization-server/deadline.ts'
import { discoveredEndpoint } from '../authorization-server/discovered-endpoint.ts'
import { messageOf } from '../errors.ts'
import type { Publish } from '../events/publisher.ts'
import type { IntrospectionSettings, IssuerSettings } from '../issuers/issuer-settings.ts'
import type { Signer } from '../jwt/verify-jwt.ts'
import type { Settings } from '../options/read-options.ts'
import { failedCall } from './failure.ts'
import { type Introspection, introspection } from './introspect.ts'

/** The introspection that the settings of an issuer ask for, if they do. `closed` ends outgoing calls. */
export function introspectionOf(
  signer: Signer,
  settings: Settings,
  publish: Publish,
  closed: AbortSignal,
): Introspection | undefined {
  const { issuer, introspection: own } = signer.settings
  if (own === undefined) return undefined
  const bounds = { clock: settings.clock, timeout: settings.fetchTimeout, closed }
  return introspection({
    issuer: signer,
    settings: own,
    fetch: settings.fetch,
    bounds,
    ...endpointOf(signer.settings, own, settings, bounds, publish),
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
  { fetch, insecureHosts, clock }: Settings,
  bounds: Bounds,
  publish: Publish,
) {
  if (endpoint !== undefined) return { endpoint: async () => endpoint, endpointIsGone: () => {} }
  const discovered = discoveredEndpoint({
    issuer,
    endpoint: 'introspection_endpoint',
    byCertificate: clientAuthentication.method === 'tls_client_auth',
    get: boundedFetch(fetch),
    isAcceptable: (url) => isAcceptableAddress(url, insecureHosts),
    bounds,
    reports: {
      moved: (from, to) => publish(() => ({ type: 'introspection_moved', issuer, from, to })),
      discoveryFailed: (error) =>
        publish(() => {
          const { failure } = failedCall(error, clock.now())
          return { type: 'discovery_failed', issuer, failure, detail: messageOf(error) }
        }),
    },
  })
  return {
    endpoint: async () => discovered.find(),
    endpointIsGone: () => discovered.forget(),
  }
}
