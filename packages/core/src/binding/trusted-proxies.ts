import { getMember } from '../lib/objects.ts'
import type { SocketLike } from '../model/request-like.ts'
import type { TrustedProxy } from '../model/settings.ts'

/** The entry of `trustedProxies` for a peer that is connected through a Unix socket. */
const UNIX = 'unix'

/**
 * The kind of a peer's address. `unknown`: the peer has no address that can be read, for example because the connection has
 * ended.
 */
export type PeerKind = 'ipv4' | 'ipv6' | 'unix' | 'unknown'

/**
 * An address. `bits` is one text: the digit `4` or `6` for the family, followed by the binary digits of the address. `zone` is the zone
 * of an IPv6 address.
 */
interface Address {
  readonly bits: string
  readonly zone: string | undefined
}

/** The result of reading an entry of `trustedProxies`. `problem` completes the sentence "... contains an entry, which ...". */
export type ReadProxy = { readonly proxy: TrustedProxy } | { readonly problem: string }

/** Reads an entry of the option `trustedProxies`: an address, a range in CIDR notation, or `unix`. */
export function readTrustedProxy(entry: string): ReadProxy {
  if (entry === UNIX) return { proxy: UNIX }
  const [text, length, ...rest] = entry.split('/')
  const address = readAddress(text!)
  if (address === undefined || rest.length > 0) return { problem: 'is not an address or a range' }
  if (length === undefined) return { proxy: address }
  const { bits, zone } = address
  // The length of a range includes 96 more bits if its IPv4 address is written as an IPv6 address.
  const mapped = bits.startsWith('4') && text!.includes(':') ? 96 : 0
  const most = bits.length - 1
  const count = /^(?:0|[1-9]\d{0,2})$/.test(length) ? Number(length) - mapped : NaN
  if (!(count <= most && count >= -mapped))
    return { problem: `has a length that is not from 0 to ${most + mapped}` }
  if (count <= 0)
    return { problem: 'contains all addresses: every client could send a certificate' }
  if (bits.slice(1 + count).includes('1'))
    return {
      problem: 'is not the first address of its range: set the bits after the prefix length to 0',
    }
  return { proxy: { bits: bits.slice(0, 1 + count), zone } }
}

/** Returns whether the peer of a connection is a trusted proxy. */
export function isTrustedProxy(
  proxies: readonly TrustedProxy[],
  socket: SocketLike | undefined,
): boolean {
  const text = getRemoteAddress(socket)
  if (text === undefined) return proxies.includes(UNIX) && isUnixSocket(socket)
  const peer = readAddress(text)
  return (
    peer !== undefined &&
    proxies.some(
      (proxy) =>
        proxy !== UNIX &&
        peer.bits.startsWith(proxy.bits) &&
        (proxy.zone === undefined || proxy.zone === peer.zone),
    )
  )
}

/** Returns the kind of the address of a peer, for events. */
export function getPeerKind(socket: SocketLike | undefined): PeerKind {
  const text = getRemoteAddress(socket)
  if (text === undefined) return isUnixSocket(socket) ? 'unix' : 'unknown'
  const address = readAddress(text)
  if (address === undefined) return 'unknown'
  return address.bits.startsWith('4') ? 'ipv4' : 'ipv6'
}

function getRemoteAddress(socket: SocketLike | undefined): string | undefined {
  const address: unknown = socket && getMember(socket, 'remoteAddress')
  return typeof address === 'string' && address !== '' ? address : undefined
}

/**
 * Returns whether a connection without a remote address is a Unix socket. A closed TCP connection has no remote address either, so
 * this function also checks that the address of the server is a path.
 */
function isUnixSocket(socket: SocketLike | undefined): boolean {
  const server = socket && getMember(socket, 'server')
  if (typeof server !== 'object' || server === null) return false
  const { address }: { address?: unknown } = server
  const path: unknown = typeof address === 'function' ? address.call(server) : undefined
  return typeof path === 'string' && path !== ''
}

/** Reads an IPv4 or IPv6 address. An IPv4 address in an IPv6 address (`::ffff:10.0.0.1`) is returned as an IPv4 address. */
function readAddress(text: string): Address | undefined {
  const ipv4 = readIpv4(text)
  if (ipv4 !== undefined) return { bits: `4${ipv4}`, zone: undefined }
  const [address, zone, ...rest] = text.split('%')
  const ipv6 = readIpv6(address!)
  if (ipv6 === undefined || zone === '' || rest.length > 0) return undefined
  if (!ipv6.startsWith(MAPPED)) return { bits: `6${ipv6}`, zone }
  return zone === undefined ? { bits: `4${ipv6.slice(MAPPED.length)}`, zone } : undefined
}

/** The first bits of an IPv6 address that contains an IPv4 address (RFC 4291 section 2.5.5.2). */
const MAPPED = '0'.repeat(80) + '1'.repeat(16)

/**
 * Returns the 32 bits of an IPv4 address. A number with a leading zero is not accepted, because some programs read this number as
 * octal.
 */
function readIpv4(text: string): string | undefined {
  const numbers = text.split('.')
  const isAddress =
    numbers.length === 4 &&
    numbers.every((number) => /^(?:0|[1-9]\d{0,2})$/.test(number) && Number(number) < 256)
  return isAddress ? numbers.map((number) => toBits(Number(number), 8)).join('') : undefined
}

/** Returns the 128 bits of an IPv6 address (RFC 4291 section 2.2). */
function readIpv6(text: string): string | undefined {
  const [left, right, ...rest] = text.split('::')
  if (rest.length > 0) return undefined
  const head = readGroups(left!, right === undefined)
  if (right === undefined) return head?.length === 128 ? head : undefined
  const tail = readGroups(right, true)
  if (head === undefined || tail === undefined) return undefined
  const missing = 128 - head.length - tail.length
  return missing >= 16 ? head + '0'.repeat(missing) + tail : undefined
}

/** Returns the bits of groups such as `fe80:0`. If `isLast` is true, the last group can be an IPv4 address. */
function readGroups(text: string, isLast: boolean): string | undefined {
  if (text === '') return ''
  let bits = ''
  const groups = text.split(':')
  for (const [index, group] of groups.entries()) {
    const isEnd = isLast && index === groups.length - 1
    const read = /^[0-9a-f]{1,4}$/i.test(group)
      ? toBits(parseInt(group, 16), 16)
      : isEnd
        ? readIpv4(group)
        : undefined
    if (read === undefined) return undefined
    bits += read
  }
  return bits
}

function toBits(number: number, length: number): string {
  return number.toString(2).padStart(length, '0')
}
