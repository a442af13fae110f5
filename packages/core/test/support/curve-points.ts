import { octetsOf } from '../../../../test/support/numbers.ts'

/** Arithmetic modulo a prime, for tests that have to know which points are on a curve. */
export function fieldOf(prime: bigint) {
  const mod = (a: bigint): bigint => ((a % prime) + prime) % prime
  const power = (a: bigint, exponent: bigint): bigint =>
    exponent === 0n ? 1n : mod(power(mod(a * a), exponent / 2n) * (exponent % 2n === 1n ? a : 1n))
  const over = (a: bigint, b: bigint): bigint => mod(a * power(mod(b), prime - 2n))
  return { mod, power, over }
}

/** The prime and the second coefficient of P-256 (FIPS 186-4 appendix D.1.2.3). */
const P = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn
const B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn

/** Points that are none, beside one that is, as P-256 keys. */
export function pointsOfP256(): Record<'good' | 'off' | 'zero' | 'large', Record<string, string>> {
  const { mod, power } = fieldOf(P)
  // An x so small that x + p, which is the same number modulo p, still fits into 32 octets.
  let x = 0n
  let y: bigint
  let square: bigint
  do {
    x++
    square = mod(x ** 3n - 3n * x + B)
    y = power(square, (P + 1n) / 4n)
  } while (mod(y * y) !== square)
  const key = (atX: bigint, atY: bigint) => ({
    kty: 'EC',
    crv: 'P-256',
    x: octetsOf(atX, 32).toString('base64url'),
    y: octetsOf(atY, 32).toString('base64url'),
  })
  return { good: key(x, y), off: key(x, y + 1n), zero: key(0n, 0n), large: key(x + P, y) }
}
