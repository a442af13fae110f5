/** The loopback names and addresses of this machine (RFC 6761 section 6.3, RFC 1122 section 3.2.1.3). */
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/

/**
 * Checks that an address of the configuration may be called. It has to be https. http is accepted on this machine and
 * on hosts in `allowInsecureHosts`. An address with a user name, a password or a fragment is not accepted.
 */
export function isAcceptableAddress(address: string, insecureHosts: readonly string[]): boolean {
  return (
    isAddress(address, ['http:', 'https:']) &&
    (isAddress(address, ['https:']) || isInsecureHost(address, insecureHosts, true))
  )
}

/**
 * The same for an address that the metadata of an issuer name. This machine is the exception only where the
 * issuer itself is one by plain http: the metadata of others must not lead to services here.
 */
export function isAcceptableEndpoint(
  address: string,
  issuer: string,
  insecureHosts: readonly string[],
): boolean {
  if (isAddress(address, ['https:'])) return true
  const isLocal = isAddress(issuer, ['http:']) && LOOPBACK.test(new URL(issuer).hostname)
  return isAddress(address, ['http:']) && isInsecureHost(address, insecureHosts, isLocal)
}

function isAddress(address: string, protocols: readonly string[]): boolean {
  if (!URL.canParse(address)) return false
  const { protocol, username, password } = new URL(address)
  return (
    protocols.includes(protocol) && username === '' && password === '' && !address.includes('#')
  )
}

function isInsecureHost(
  address: string,
  insecureHosts: readonly string[],
  loopback: boolean,
): boolean {
  const { hostname } = new URL(address)
  return (loopback && LOOPBACK.test(hostname)) || insecureHosts.includes(hostname)
}

/** An address as it may be told: without the query, in which some servers want keys of their own. */
export function withoutQuery(address: string): string {
  const { origin, pathname } = new URL(address)
  return origin + pathname
}
