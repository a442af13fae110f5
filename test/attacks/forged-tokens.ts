import type { TestIssuer } from '../support/issuer.ts'
import type { TestKey } from '../support/keys.ts'
import { encodePart, splitToken, withSignature } from '../support/tokens.ts'
import { type Attack, invalidToken } from './attack.ts'

/** Returns the claims of a valid token of this issuer. */
export function goodClaims(issuer: TestIssuer): Record<string, unknown> {
  return decodePart(splitToken(issuer.token())[1])
}

/** Returns the header of a valid token of this issuer. */
export function goodHeader(issuer: TestIssuer, key: TestKey = issuer.keys[0]!) {
  return decodePart(splitToken(issuer.token({ key }))[0])
}

function decodePart(part: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>
}

/** Returns an object as JSON. `text` is inserted as the value of `name`, and replaces a member with that name. */
export function jsonWith(object: object, name: string, text: string): string {
  return `${JSON.stringify({ ...object, [name]: undefined }).slice(0, -1)},"${name}":${text}}`
}

/** Creates a valid token, except for one claim whose value is the JSON `text`. */
export function tokenWithClaim(issuer: TestIssuer, name: string, text: string): string {
  return issuer.token({ claims: jsonWith(goodClaims(issuer), name, text) })
}

/** Creates a valid token, except for one header parameter whose value is the JSON `text`. */
export function tokenWithParameter(issuer: TestIssuer, name: string, text: string): string {
  return issuer.token({ header: jsonWith(goodHeader(issuer), name, text) })
}

/** Returns the key of an issuer for one algorithm. */
export function getKey(issuer: TestIssuer, alg: string): TestKey {
  return issuer.keys.find((key) => key.alg === alg)!
}

/** Creates a valid token of exactly `length` characters. */
export function tokenOfLength(issuer: TestIssuer, length: number): string {
  const claims = goodClaims(issuer)
  // Some lengths of one part do not exist in base64url. If the total is not possible, the header gets more characters.
  for (const fill of ['', 'x', 'xx', 'xxx']) {
    const header = { ...goodHeader(issuer), fill }
    const rest = length - encodePart(header).length - '..'.length - SIGNATURE_LENGTH
    const spare = Math.floor((rest * 3) / 4) - JSON.stringify({ ...claims, pad: '' }).length
    const token = issuer.token({ header, claims: { ...claims, pad: 'p'.repeat(spare) } })
    if (token.length === length) return token
  }
  throw new RangeError(`No token has ${length} characters.`)
}

/** Characters of an ES256 signature. */
const SIGNATURE_LENGTH = 86

/** Creates a forged signature from the valid one, from the signed input, or with the key of the issuer. */
export type ForgeSignature = (signature: Buffer, input: Buffer, key: TestKey) => Uint8Array

/** Creates a token with a forged signature. `forge` gets the valid one, the signed input, and the issuer's key for `alg`. */
export function withForgedSignature(
  issuer: TestIssuer,
  alg: string,
  forge: ForgeSignature,
): string {
  const key = getKey(issuer, alg)
  return withSignature(issuer.token({ key }), (signature, input) => forge(signature, input, key))
}

/** Returns one attack for each forged signature. Its token names the issuer's key for `alg`, and must be rejected. */
export function forgedSignatures(
  alg: string,
  named: readonly (readonly [name: string, forge: ForgeSignature])[],
): readonly Attack[] {
  return named.map(([name, forge]) => ({
    name: `${alg} signature: ${name}`,
    attack: ({ issuer }) => withForgedSignature(issuer, alg, forge),
    outcome: invalidToken('invalid_signature'),
  }))
}
