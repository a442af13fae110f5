/** The loopback names and addresses of this machine (RFC 6761 section 6.3, RFC 1122 section 3.2.1.3). */
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/

/**
 * Whether an address of an authorization server may be called: https, or http on this machine or on a host
 * that is named in `allowInsecureHosts`; never with a user name, a password, or a fragment in it.
 */
export function isAcceptableAddress(address: string, insecureHosts: readonly string[]): boolean {
  if (!URL.canParse(address)) return false
  const { protocol, hostname, username, password, hash } = new URL(address)
  if (username !== '' || password !== '' || hash !== '' || address.includes('#')) return false
  if (protocol === 'https:') return true
  return protocol === 'http:' && (LOOPBACK.test(hostname) || insecureHosts.includes(hostname))
}
