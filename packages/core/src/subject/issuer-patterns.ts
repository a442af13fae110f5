import type { Provider } from './providers.ts'

/** Issuers that only the vendor of a provider can operate. Self-hosted servers never match. */
export const ISSUER_PATTERNS: Readonly<Partial<Record<Provider, RegExp>>> = {
  auth0: /^https:\/\/[\w-]+(?:\.[\w-]+)?\.auth0\.com\/$/,
  entra:
    /^https:\/\/(?:login\.microsoftonline\.com\/[\w.{}-]+\/v2\.0|sts\.windows\.net\/[\w.{}-]+\/)$/,
  b2c: /^https:\/\/[\w-]+\.b2clogin\.com\/[\w.-]+\/v2\.0\/$/,
  okta: /^https:\/\/[\w-]+\.okta(?:preview|-emea)?\.com\/oauth2\/\w+$/,
  cognito: /^https:\/\/cognito-idp\.[a-z0-9-]+\.amazonaws\.com\/[\w-]+$/,
  google: /^https:\/\/accounts\.google\.com$/,
  'google-iap': /^https:\/\/cloud\.google\.com\/iap$/,
  firebase: /^https:\/\/securetoken\.google\.com\/[a-z0-9-]+$/,
  'cloudflare-access': /^https:\/\/[\w-]+\.cloudflareaccess\.com$/,
  zitadel: /^https:\/\/[\w-]+(?:\.[a-z0-9]+)?\.zitadel\.cloud$/,
  logto: /^https:\/\/[\w-]+\.logto\.app\/oidc$/,
  kinde: /^https:\/\/[\w-]+\.kinde\.com$/,
  supabase: /^https:\/\/[a-z0-9]+\.supabase\.co\/auth\/v1$/,
  'github-actions': /^https:\/\/token\.actions\.githubusercontent\.com$/,
}

/**
 * Returns the provider of a configured issuer, if only the vendor of this provider can operate the issuer. Never pass an issuer
 * from a token.
 */
export function getProviderOfIssuer(issuer: string): Provider | undefined {
  return findProvider(ISSUER_PATTERNS, issuer)
}

/** Returns the first provider whose pattern matches an address. */
export function findProvider(
  patterns: Readonly<Partial<Record<Provider, RegExp>>>,
  address: string,
): Provider | undefined {
  const names = Object.keys(patterns) as Provider[]
  return names.find((name) => patterns[name]!.test(address))
}
