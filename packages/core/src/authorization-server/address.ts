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

/** Characters of an address in a text. */
const LONGEST_ADDRESS = 300

/**
 * Returns an address as logs, events and errors show it: without user name, query and fragment, which can contain keys,
 * and cut off after 300 characters. The only function that turns an address into text: a test of the repository forbids
 * every other way.
 */
export function toLoggedAddress(address: string): string {
  const { origin, pathname } = new URL(address)
  const text = origin + pathname
  return text.length > LONGEST_ADDRESS ? `${text.slice(0, LONGEST_ADDRESS)}...` : text
}

/** Returns the values in the query of an address. They can be keys. */
export function getQueryValues(address: string): readonly string[] {
  return [...new URL(address).searchParams.values()]
}
