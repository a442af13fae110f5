/** Matches the loopback names and addresses (RFC 6761 section 6.3, RFC 1122 section 3.2.1.3). */
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/

/**
 * Returns whether a configured address may be called. It must use https. http is accepted for loopback addresses
 * and for hosts in `allowInsecureHosts`. An address with a user name, a password or a fragment is not accepted.
 */
export function isAcceptableAddress(address: string, insecureHosts: readonly string[]): boolean {
  return (
    isAddress(address, ['http:', 'https:']) &&
    (isAddress(address, ['https:']) || isInsecureHost(address, insecureHosts, true))
  )
}

/**
 * Returns whether an address in the metadata of an issuer may be called. The address must use https. http is accepted for
 * hosts in `allowInsecureHosts`. It is also accepted for loopback addresses, but only if the issuer is an http loopback address.
 * Otherwise, the metadata of a remote issuer could direct requests to local services.
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

/** Maximum number of characters of an address in a log, event or error. */
const LONGEST_ADDRESS = 300

/**
 * Returns an address as logs, events and errors show it. Removes user name, password, query and fragment, which can contain
 * secrets. Truncates the rest to 300 characters. A test of the repository forbids every other way to put an address into a text.
 */
export function toLoggedAddress(address: string): string {
  const { origin, pathname } = new URL(address)
  const text = origin + pathname
  return text.length > LONGEST_ADDRESS ? `${text.slice(0, LONGEST_ADDRESS)}...` : text
}

/** Returns the values in the query of an address. They can be secrets, such as API keys. */
export function getQueryValues(address: string): readonly string[] {
  return [...new URL(address).searchParams.values()]
}
