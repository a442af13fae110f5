import { isAcceptableEndpoint } from '../authorization-server/address.ts'
import { boundedFetch } from '../authorization-server/bounded-fetch.ts'
import { describeFailure, UNEXPECTED } from '../authorization-server/describe-failure.ts'
import { discoveredEndpoint } from '../authorization-server/discovered-endpoint.ts'
import type { Publish } from '../events/publisher.ts'
import type { IntrospectionSettings, IssuerSettings } from '../issuers/issuer-settings.ts'
import type { Signer } from '../jwt/verify-jwt.ts'
import type { Settings } from '../options/read-options.ts'
import { type Introspection, introspection, type IntrospectionEndpoint } from './introspection.ts'

/** The introspection that the settings of an issuer ask for, if they do. `closed` ends outgoing calls. */
export function introspectionOf(
  signer: Signer,
  settings: Settings,
  publish: Publish,
  closed: AbortSignal,
): Introspection | undefined {
  const { issuer, introspection: own } = signer.settings
  if (own === undefined) return undefined
  return introspection({
    issuer: signer,
    settings: own,
    fetch: settings.fetch,
    bounds: { clock: settings.clock, timeout: settings.fetchMilliseconds, closed },
    endpoint: endpointOf(signer.settings, own, settings, publish),
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
  publish: Publish,
): IntrospectionEndpoint {
  if (endpoint !== undefined) return { find: async () => endpoint, isGone: () => {} }
  const discovered = discoveredEndpoint({
    issuer,
    endpoint: 'introspection_endpoint',
    get: boundedFetch(fetch),
    isAcceptable: (url) => isAcceptableEndpoint(url, issuer, insecureHosts),
    clock,
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
  let seeking: ReturnType<typeof discovered.find> | undefined
  return {
    async find(signal) {
      // The first of many callers at once asks for all of them, and gives up before any other would.
      seeking ??= discovered.find(signal).finally(() => (seeking = undefined))
      const found = await seeking
      const isByCertificate = clientAuthentication.method === 'tls_client_auth'
      return (isByCertificate ? found.mtlsEndpoint : undefined) ?? found.endpoint
    },
    isGone: () => discovered.isGone(),
  }
}
