import { BlockList } from 'node:net'
import { describe, expect, it } from 'vitest'
import { fc } from '../../../../test/support/property.ts'
import { getPeerKind, isTrustedProxy, readTrustedProxy } from '../../src/binding/trusted-proxies.ts'
import type { SocketLike } from '../../src/index.ts'
import type { TrustedProxy } from '../../src/model/settings.ts'

/** Returns whether a peer with this address is trusted if the list has only this entry. */
function isTrusted(entry: string, remoteAddress: string | undefined): boolean {
  return isTrustedProxy([read(entry)], { remoteAddress })
}

function read(entry: string): TrustedProxy {
  const result = readTrustedProxy(entry)
  if ('problem' in result) throw new Error(result.problem)
  return result.proxy
}

/** A connection through a Unix socket, as Node describes it. */
const UNIX: SocketLike = { remoteAddress: undefined, server: { address: () => '/run/api.sock' } }

describe('readTrustedProxy', () => {
  it.each([
    ['', 'is not an address or a range'],
    ['proxy.internal', 'is not an address or a range'],
    ['UNIX', 'is not an address or a range'],
    ['10.0.0', 'is not an address or a range'],
    ['10.0.0.256', 'is not an address or a range'],
    ['10.0.0.01', 'is not an address or a range'],
    ['10.0.0.1:80', 'is not an address or a range'],
    [' 10.0.0.1', 'is not an address or a range'],
    ['0x0a.0.0.1', 'is not an address or a range'],
    ['10.0.0.0/8/8', 'is not an address or a range'],
    ['/8', 'is not an address or a range'],
    [':::', 'is not an address or a range'],
    ['::1::', 'is not an address or a range'],
    ['1:2:3:4:5:6:7', 'is not an address or a range'],
    ['1:2:3:4:5:6:7:8:9', 'is not an address or a range'],
    ['1:2:3:4::5:6:7:8', 'is not an address or a range'],
    [':1:2:3:4:5:6:7', 'is not an address or a range'],
    ['12345::', 'is not an address or a range'],
    ['::1.2.3.4:5', 'is not an address or a range'],
    ['1.2.3.4::', 'is not an address or a range'],
    ['[::1]', 'is not an address or a range'],
    ['fe80::1%', 'is not an address or a range'],
    ['fe80::1%a%b', 'is not an address or a range'],
    ['10.0.0.1%eth0', 'is not an address or a range'],
    ['::ffff:10.0.0.1%eth0', 'is not an address or a range'],
    ['10.0.0.0/33', 'has a length that is not from 0 to 32'],
    ['10.0.0.0/', 'has a length that is not from 0 to 32'],
    ['10.0.0.0/08', 'has a length that is not from 0 to 32'],
    ['10.0.0.0/-1', 'has a length that is not from 0 to 32'],
    ['10.0.0.0/8.0', 'has a length that is not from 0 to 32'],
    ['10.0.0.0/255.0.0.0', 'has a length that is not from 0 to 32'],
    ['fd00::/129', 'has a length that is not from 0 to 128'],
    ['::ffff:10.0.0.0/129', 'has a length that is not from 0 to 128'],
    [
      '10.0.0.1/8',
      'is not the first address of its range: set the bits after the prefix length to 0',
    ],
    [
      '10.0.0.128/24',
      'is not the first address of its range: set the bits after the prefix length to 0',
    ],
    [
      'fd00::1/8',
      'is not the first address of its range: set the bits after the prefix length to 0',
    ],
    ['0.0.0.0/0', 'contains all addresses: every client could send a certificate'],
    ['10.0.0.0/0', 'contains all addresses: every client could send a certificate'],
    ['::/0', 'contains all addresses: every client could send a certificate'],
    ['::ffff:0:0/96', 'contains all addresses: every client could send a certificate'],
    ['::ffff:0:0/0', 'contains all addresses: every client could send a certificate'],
  ])('readTrustedProxy rejects %j', (entry, problem) => {
    expect(readTrustedProxy(entry)).toEqual({ problem })
  })
})

describe('isTrustedProxy', () => {
  it.each<[entry: string, peer: string]>([
    ['10.0.0.1', '10.0.0.1'],
    ['10.0.0.1', '::ffff:10.0.0.1'],
    ['10.0.0.1', '::ffff:a00:1'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['10.0.0.0/8', '10.255.255.255'],
    ['10.0.0.0/8', '::FFFF:10.1.2.3'],
    ['::ffff:10.0.0.0/104', '10.1.2.3'],
    ['10.0.0.1/32', '10.0.0.1'],
    ['0.0.0.0/1', '127.0.0.1'],
    ['::1', '::1'],
    ['::1', '0:0:0:0:0:0:0:1'],
    ['fd00::/8', 'fdff::1'],
    ['2001:db8::/33', '2001:db8:7fff::1'],
    ['fe80::1', 'fe80::1%eth0'],
    ['fe80::/10', 'fe80::1%eth0'],
    ['fe80::1%eth0', 'fe80::1%eth0'],
    ['fe80::%eth0/10', 'fe80::1%eth0'],
  ])('8705-08: isTrustedProxy with the entry %s trusts %s', (entry, peer) => {
    expect(isTrusted(entry, peer)).toBe(true)
  })

  it.each<[entry: string, peer: string | undefined]>([
    ['10.0.0.1', '10.0.0.2'],
    ['10.0.0.1', '10.0.0.10'],
    ['10.0.0.1', '::10.0.0.1'],
    ['10.0.0.1', '64:ff9b::10.0.0.1'],
    ['10.0.0.0/8', '11.0.0.0'],
    ['0.0.0.0/1', '128.0.0.1'],
    ['::/1', '10.0.0.1'],
    ['::1', '127.0.0.1'],
    ['127.0.0.1', '::1'],
    ['2001:db8::/33', '2001:db8:8000::1'],
    ['fe80::1%eth0', 'fe80::1%eth1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['fe80::%eth0/10', 'fe80::1%eth1'],
    ['127.0.0.1', undefined],
    ['127.0.0.1', ''],
    ['127.0.0.1', 'localhost'],
    ['127.0.0.1', '127.0.0.1, 10.0.0.1'],
    ['unix', '127.0.0.1'],
    ['unix', ''],
    ['unix', undefined],
    ['unix', 'unix'],
  ])('8705-08: isTrustedProxy with the entry %s does not trust %s', (entry, peer) => {
    expect(isTrusted(entry, peer)).toBe(false)
  })

  it("isTrustedProxy trusts a Unix socket only with the entry 'unix', and only if the address of the server is a path", () => {
    expect(isTrustedProxy(['unix'], UNIX)).toBe(true)
    expect(isTrustedProxy([read('127.0.0.1')], UNIX)).toBe(false)
    // A TCP connection that has ended has no address either.
    for (const server of [
      undefined,
      null,
      {},
      { address: '/run/api.sock' },
      { address: () => ({ address: '127.0.0.1', port: 80 }) },
      { address: () => null },
      { address: () => '' },
    ]) {
      expect(isTrustedProxy(['unix'], { remoteAddress: undefined, server })).toBe(false)
    }
    expect(isTrustedProxy(['unix'], undefined)).toBe(false)
  })

  it('getPeerKind returns the kind of the address of a peer', () => {
    const kinds = ['10.0.0.1', '::ffff:10.0.0.1', '::1', 'fe80::1%eth0', 'x', undefined].map(
      (remoteAddress) => getPeerKind({ remoteAddress }),
    )
    expect(kinds).toEqual(['ipv4', 'ipv4', 'ipv6', 'ipv6', 'unknown', 'unknown'])
    expect([getPeerKind(UNIX), getPeerKind(undefined)]).toEqual(['unix', 'unknown'])
  })

  it('isTrustedProxy agrees with BlockList of Node for ranges and addresses of the same family', () => {
    const families = [
      { family: 'ipv4', count: 4, separator: '.', size: 8, base: 10 },
      { family: 'ipv6', count: 8, separator: ':', size: 16, base: 16 },
    ] as const
    for (const { family, count, separator, size, base } of families) {
      const write = (groups: readonly number[]) =>
        groups.map((group) => group.toString(base)).join(separator)
      const groups = fc.array(fc.integer({ min: 0, max: 2 ** size - 1 }), {
        minLength: count,
        maxLength: count,
      })
      const length = fc.integer({ min: 1, max: count * size })
      /** Clears the bits of a group that are after the prefix. */
      const mask = (bits: number) => (group: number, index: number) => {
        const kept = Math.min(size, Math.max(0, bits - index * size))
        return group & ~(2 ** (size - kept) - 1)
      }
      fc.assert(
        fc.property(
          groups,
          length,
          groups,
          fc.nat(count * size - 1),
          (range, bits, others, flip) => {
            const entry = `${write(range.map(mask(bits)))}/${bits}`
            const proxy = read(entry)
            const list = new BlockList()
            list.addSubnet(write(range), bits, family)
            // Only one bit of this address differs from an address in the range. The address itself is in the range if this bit
            // is after the prefix.
            const near = range.map((group, i) =>
              i === Math.floor(flip / size) ? group ^ (1 << (size - 1 - (flip % size))) : group,
            )
            for (const remoteAddress of [write(range), write(near), write(others)]) {
              const isListed = list.check(remoteAddress, family)
              expect(isTrustedProxy([proxy], { remoteAddress })).toBe(isListed)
            }
          },
        ),
        { numRuns: 300 },
      )
    }
  })

  it('readTrustedProxy never throws', () => {
    const characters = fc.constantFrom(...'0123456789abf:.%/x '.split(''), 'unix')
    fc.assert(
      fc.property(fc.array(characters, { maxLength: 20 }), (parts) => {
        const entry = parts.join('')
        readTrustedProxy(entry)
        isTrustedProxy(['unix'], { remoteAddress: entry })
      }),
    )
  })
})
