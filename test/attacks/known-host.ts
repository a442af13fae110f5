/** Returns whether an issuer may be a tenant. It accepts more issuers than the function `resolve` knows. */
export function isKnownHost(iss: string): boolean {
  return /^https:\/\/[\w-]+\.example\.com(?:\/|$)/.test(iss)
}
