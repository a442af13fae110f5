/** The beginning of the issuers that the functions in the option `issuers` handle. */
export const TENANT_BASE = 'https://login.example.com/tenants/'

/** Returns whether an issuer may be a tenant, as the function `match` of an application does. */
export function isTenant(iss: string): boolean {
  return iss.startsWith(TENANT_BASE)
}
