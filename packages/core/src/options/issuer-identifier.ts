import { isAcceptableAddress } from '../authorization-server/address.ts'
import { TENANT_PLACEHOLDER } from '../authorization-server/tenants.ts'
import type { OptionContext } from './option-context.ts'
import { describeGiven } from '../lib/describe-given.ts'
import { isName } from './option-rows.ts'

/**
 * Reads the option `issuer`. Also accepts a text that does not look like an address: `checkDiscovery` checks whether the issuer
 * must be an address.
 */
export function readIssuerIdentifier(given: unknown, name: string, context: OptionContext): string {
  if (given === undefined || given === '') {
    context.report(
      `${name} is missing: set the issuer identifier, as in the iss claim of its tokens.`,
    )
    return ''
  }
  if (!isName(given)) {
    context.report(
      `${name} must be a string, not ${describeGiven(given)}. For several issuers, set issuers: [{ issuer, audience }, ...].`,
    )
    return ''
  }
  const shared = ENTRA_ENDPOINTS.exec(given)?.[1]
  if (shared !== undefined) {
    context.report(
      `${name} is an address that tenants share. For one tenant, replace '${shared}' with its id. For several, set https://login.microsoftonline.com/${TENANT_PLACEHOLDER}/v2.0 and ${context.toName('tenants')}.`,
    )
  }
  // `checkDiscovery` checks an identifier for which `isHttpName` is true, because the result depends on other options.
  if (isIssuerAddress(given) && !isHttpName(given, context))
    checkIssuerAddress(given, name, context)
  return given
}

/** Microsoft addresses that several tenants share. They are not issuers: a token contains the issuer of its tenant. */
const ENTRA_ENDPOINTS =
  /^https:\/\/(?:login\.microsoftonline\.com|sts\.windows\.net)\/(common|organizations|consumers)\//

/** Returns whether an issuer identifier looks like an address. Discovery requires an address. */
export function isIssuerAddress(issuer: string): boolean {
  return /^https?:/i.test(issuer)
}

/**
 * Returns whether an issuer identifier begins with `http:` and is not an address that may be called. ADFS and WSO2 have such
 * identifiers. Such an identifier is only compared with `iss`.
 */
export function isHttpName(issuer: string, { insecureHosts }: OptionContext): boolean {
  return (
    /^http:\/\/[^?#]+$/.test(issuer) &&
    isAcceptableAddress(issuer.replace('http:', 'https:'), []) &&
    !isAcceptableAddress(issuer, insecureHosts.hosts)
  )
}

/** Reports an issuer identifier that is not an acceptable address, or that is the address of its metadata. */
export function checkIssuerAddress(issuer: string, name: string, context: OptionContext): void {
  if (!isAcceptableAddress(issuer, context.insecureHosts.hosts) || issuer.includes('?')) {
    context.report(describeHttps(name, context))
  } else if (issuer.includes('/.well-known/')) {
    context.report(
      `${name} is the address of the metadata: set the issuer that the metadata contains.`,
    )
  }
}

/** Describes the problem that an issuer identifier is not an https address. */
export function describeHttps(name: string, { insecureHosts }: OptionContext): string {
  return `${name} must be an https address without query and fragment (RFC 8414 section 2). http is accepted on loopback and for hosts in ${insecureHosts.name}.`
}

/** Reads the option `audience`. `null` means that tokens have no audience. The default is the option `resource`. */
export function readAudience(
  given: unknown,
  name: string,
  { report, common }: OptionContext,
): readonly string[] | null {
  if (given === null) return null
  const resource = common?.resource
  if (given === undefined && resource !== undefined) return Object.freeze([resource])
  const audiences = typeof given === 'string' ? [given] : given
  if (given === undefined || given === '') {
    report(
      `${name} is missing: set it to the value that tokens for this API have in aud, or to an array of such values. Or set resource, if aud is the address of this API.`,
    )
  } else if (
    Array.isArray(audiences) &&
    audiences.length > 0 &&
    Array.from(audiences).every(isName)
  ) {
    return Object.freeze([...audiences])
  } else {
    report(
      `${name} must be a non-empty string, an array of such strings, or null, not ${describeGiven(given)}.`,
    )
  }
  return []
}
