import { expect, it } from 'vitest'
import { generateKey } from '../../../../test/support/keys.ts'
import { fromLittleEndian } from '../../../../test/support/numbers.ts'
import { readJwk } from '../../src/keys/jwk.ts'
import { createField } from '../support/curve-points.ts'

const read = (point: Buffer) =>
  readJwk(
    { kty: 'OKP', crv: 'Ed25519', x: point.toString('base64url') },
    { algorithms: ['Ed25519'], named: true },
  )

const SMALL_ORDER = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
].map((hex) => Buffer.from(hex, 'hex'))

it('readJwk returns the problem weak_key for every Ed25519 point of small order, in every encoding and with both signs', () => {
  for (const point of SMALL_ORDER) {
    const negated = Buffer.from(point)
    negated[31]! |= 0x80
    for (const bytes of [point, negated]) {
      expect(eightTimes(bytes)).toBe('the neutral point')
      expect(read(bytes)).toBe('weak_key')
    }
  }
  // The points of small order have five y coordinates: 1, -1, 0, and two for the points of order 8.
  expect(new Set(SMALL_ORDER.map(getY)).size).toBe(5)

  const ordinary = Buffer.from(generateKey('Ed25519').jwk['x'] as string, 'base64url')
  expect(eightTimes(ordinary)).toBe('another point')
  expect(read(ordinary)).toMatchObject({ algorithms: ['Ed25519'] })
})

const { mod, divide } = createField(2n ** 255n - 19n)
const D = divide(-121665n, 121666n)

/** Returns the y coordinate of an encoded point, without the sign of x. */
function getY(point: Buffer): bigint {
  return mod(fromLittleEndian(point) % 2n ** 255n)
}

/**
 * Returns `'the neutral point'` if eight times the point is the neutral point, and otherwise `'another point'`. Doubles the
 * point three times with the addition law of RFC 8032 section 5.1.4. The calculation uses x squared and y.
 */
function eightTimes(point: Buffer): string {
  let y = getY(point)
  let xx = divide(y * y - 1n, D * y * y + 1n)
  for (let i = 0; i < 3; i++) {
    const yy = mod(y * y)
    const t = mod(D * xx * yy)
    y = divide(yy + xx, 1n - t)
    xx = divide(4n * xx * yy, (1n + t) * (1n + t))
  }
  return y === 1n && xx === 0n ? 'the neutral point' : 'another point'
}
