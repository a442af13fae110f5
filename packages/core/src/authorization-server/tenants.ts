/** Placeholder for the tenant in the issuer of a multi-tenant server (Microsoft Entra ID). */
export const TENANT_PLACEHOLDER = '{tenantid}'

export function toTenantIssuer(template: string, tenant: string): string {
  return template.replace(TENANT_PLACEHOLDER, tenant)
}

/**
 * Returns whether a key may sign tokens of `issuer`. `keyIssuer` is the member `issuer` of the JWK: an issuer, or a template for
 * all tenants. Multi-tenant servers publish keys of several issuers in one JWKS, and a key of one
 * issuer must not sign tokens of another.
 */
export function isIssuerOrTenant(keyIssuer: string, issuer: string): boolean {
  const [before, after] = keyIssuer.split(TENANT_PLACEHOLDER)
  if (after === undefined) return keyIssuer === issuer
  const tenant = issuer.slice(before!.length, issuer.length - after.length)
  return /^[\w.-]+$/.test(tenant) && issuer === before + tenant + after
}
