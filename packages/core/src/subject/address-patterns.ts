import { findProvider } from './issuer-patterns.ts'
import type { Provider } from './providers.ts'

/**
 * Patterns for the issuers and endpoints of products, by provider. They match on any host. Used only for advice, because every
 * server can have such an address.
 */
export const ADDRESS_PATTERNS: Readonly<Partial<Record<Provider, RegExp>>> = {
  adfs: /^https?:\/\/[^/?#]+\/adfs(?:\/services\/trust|\/discovery\/keys)?$/,
  okta: /^https?:\/\/[^/?#]+\/oauth2\/[\w.-]+\/v1\/(?:keys|introspect)$/,
  keycloak: /^https?:\/\/[^/?#]+(?:\/auth)?\/realms\/[^/?#]+(?:$|\/protocol\/openid-connect\/)/,
  'node-oidc-provider': /^https?:\/\/[^?#]+\/token\/introspection$/,
  duende: /^https?:\/\/[^?#]+\/\.well-known\/openid-configuration\/jwks$/,
  zitadel: /^https?:\/\/[^/?#]+\/oauth\/v2\/(?:keys|introspect)$/,
  authentik: /^https?:\/\/[^/?#]+\/application\/o\//,
  authelia: /^https?:\/\/[^/?#]+\/api\/oidc\/introspection$/,
  casdoor: /^https?:\/\/[^/?#]+\/api\/login\/oauth\/introspect$/,
  glewlwyd: /^https?:\/\/[^/?#]+\/api\/glwd\/(?:jwks|introspect)$/,
  wso2: /^https?:\/\/[^/?#]+(?:\/t\/[^/?#]+)?\/oauth2\/token$/,
  uaa: /^https?:\/\/[^/?#]+(?:\/uaa)?\/token_keys$/,
  pingam: /^https?:\/\/[^?#]+\/oauth2\/(?:realms\/root(?:$|\/)|(?:[^?#]+\/)?connect\/jwk_uri$)/,
  rauthy: /^https?:\/\/[^/?#]+\/auth\/v1(?:\/?$|\/oidc\/)/,
  'pocket-id': /^https?:\/\/[^/?#]+\/api\/oidc\/introspect$/,
  logto: /^https?:\/\/[^/?#]+\/oidc\/jwks$/,
  supertokens: /^https?:\/\/[^?#]+\/auth\/jwt\/jwks\.json$/,
  'better-auth': /^https?:\/\/[^/?#]+\/api\/auth\/(?:jwks|oauth2\/introspect)$/,
  mas: /^https?:\/\/[^/?#]+\/oauth2\/keys\.json$/,
  'django-oauth-toolkit': /^https?:\/\/[^/?#]+\/o\/(?:\.well-known\/jwks\.json|introspect\/)$/,
}

/** Returns the provider whose product has addresses like this one, on any host. The result is a guess. */
export function getProviderOfAddress(address: string): Provider | undefined {
  return findProvider(ADDRESS_PATTERNS, address)
}
