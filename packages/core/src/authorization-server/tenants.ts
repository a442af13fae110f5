/** The placeholder of the tenant in the issuer of a server that serves many (Microsoft Entra ID). */
export const TENANT_PLACEHOLDER = '{tenantid}'

/** The issuer of one tenant. */
export function toTenantIssuer(template: string, tenant: string): string {
  return template.replace(TENANT_PLACEHOLDER, tenant)
}

/**
 * Returns whether keys that are marked as those of `keyIssuer` (an issuer, or the issuer of all tenants) are keys
 * of `issuer`. Servers with many tenants publish keys of several issuers in one set; a key of one must not
 * sign for another.
 */
export function isIssuerOrTenant(keyIssuer: string, issuer: string): boolean {
  const [before, after] = keyIssuer.split(TENANT_PLACEHOLDER)
  if (after === undefined) return keyIssuer === issuer
  const tenant = issuer.slice(before!.length, issuer.length - after.length)
  return /^[\w.-]+$/.test(tenant) && issuer === before + tenant + after
}
