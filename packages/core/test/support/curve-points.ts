import { toOctets } from '../../../../test/support/numbers.ts'

/** Creates arithmetic modulo a prime, for tests that calculate points of a curve. */
export function createField(prime: bigint) {
  const mod = (a: bigint): bigint => ((a % prime) + prime) % prime
  const power = (a: bigint, exponent: bigint): bigint =>
    exponent === 0n ? 1n : mod(power(mod(a * a), exponent / 2n) * (exponent % 2n === 1n ? a : 1n))
  const divide = (a: bigint, b: bigint): bigint => mod(a * power(mod(b), prime - 2n))
  return { mod, power, divide }
}

/** The prime and the second coefficient of P-256 (FIPS 186-4 appendix D.1.2.3). */
const P = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn
const B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn

/** Returns P-256 keys: one point on the curve, and three invalid points. */
export function getP256Points(): Record<'good' | 'off' | 'zero' | 'large', Record<string, string>> {
  const { mod, power } = createField(P)
  // Finds the point with the smallest x, so that x + p also fits into 32 octets. Modulo p, the sum x + p equals x.
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
    x: toOctets(atX, 32).toString('base64url'),
    y: toOctets(atY, 32).toString('base64url'),
  })
  return { good: key(x, y), off: key(x, y + 1n), zero: key(0n, 0n), large: key(x + P, y) }
}
