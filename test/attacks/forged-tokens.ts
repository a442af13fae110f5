import type { TestIssuer } from '../support/issuer.ts'
import type { TestKey } from '../support/keys.ts'
import { encodePart, partsOf, withSignature } from '../support/tokens.ts'
import { type Attack, invalidToken } from './attack.ts'

/** The claims of a good token of this issuer, to be bent. */
export function goodClaims(issuer: TestIssuer): Record<string, unknown> {
  return decodePart(partsOf(issuer.token())[1])
}

/** The header of a good token of this issuer, to be bent. */
export function goodHeader(issuer: TestIssuer, key: TestKey = issuer.keys[0]!) {
  return decodePart(partsOf(issuer.token({ key }))[0])
}

function decodePart(part: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>
}

/** An object as JSON text whose last member is written as it stands, replacing one of the same name. */
export function jsonWith(object: object, name: string, text: string): string {
  return `${JSON.stringify({ ...object, [name]: undefined }).slice(0, -1)},"${name}":${text}}`
}

/** A good token of this issuer but for one claim, whose value is written as it stands. */
export function tokenWithClaim(issuer: TestIssuer, name: string, text: string): string {
  return issuer.token({ claims: jsonWith(goodClaims(issuer), name, text) })
}

/** A good token of this issuer but for one header parameter, whose value is written as it stands. */
export function tokenWithParameter(issuer: TestIssuer, name: string, text: string): string {
  return issuer.token({ header: jsonWith(goodHeader(issuer), name, text) })
}

/** The key of an issuer for one algorithm. */
export function keyOf(issuer: TestIssuer, alg: string): TestKey {
  return issuer.keys.find((key) => key.alg === alg)!
}

/** A good token, filled up to exactly this many characters. */
export function tokenOfLength(issuer: TestIssuer, length: number): string {
  const claims = goodClaims(issuer)
  // Some lengths of one part do not exist in base64url; the header makes up for them.
  for (const fill of ['', 'x', 'xx', 'xxx']) {
    const header = { ...goodHeader(issuer), fill }
    const rest = length - encodePart(header).length - '..'.length - SIGNATURE_LENGTH
    const spare = Math.floor((rest * 3) / 4) - JSON.stringify({ ...claims, pad: '' }).length
    const token = issuer.token({ header, claims: { ...claims, pad: 'p'.repeat(spare) } })
    if (token.length === length) return token
  }
  throw new RangeError(`no token has ${length} characters`)
}

/** Of an ES256 signature, in characters. */
const SIGNATURE_LENGTH = 86

/** Makes another signature out of the good one, or out of what it covers. */
export type ForgeSignature = (signature: Buffer, input: Buffer, key: TestKey) => Uint8Array

/** A good token by the issuer's key for an algorithm, under a forged signature. */
export function withForgedSignature(
  issuer: TestIssuer,
  alg: string,
  forge: ForgeSignature,
): string {
  const key = keyOf(issuer, alg)
  return withSignature(issuer.token({ key }), (signature, input) => forge(signature, input, key))
}

/** An attack for each forgery, which nobody may take for a signature by the issuer's key for an algorithm. */
export function forgedSignatures(
  alg: string,
  named: readonly (readonly [name: string, forge: ForgeSignature])[],
): readonly Attack[] {
  return named.map(([name, forge]) => ({
    name: `${alg}: ${name}`,
    attack: ({ issuer }) => withForgedSignature(issuer, alg, forge),
    outcome: invalidToken('invalid_signature'),
  }))
}
