import { base64url, decodeJwt, decodeProtectedHeader, generateKeyPair, SignJWT } from 'jose'
import type { JWTHeaderParameters } from 'jose'
import type { DescribedToken } from '@bearward/example-shared'

/** Replaces the scope of a token and keeps its signature. */
export function editScope({ value }: DescribedToken, scope: string): DescribedToken {
  const [header, , signature] = value.split('.')
  const payload = encode({ ...decodeJwt(value), scope })
  return {
    value: `${header}.${payload}.${signature}`,
    description: `valid token with its scope changed to ${scope}`,
  }
}

/** Removes the signature of a token and sets `alg` to `none`. */
export function removeSignature({ value }: DescribedToken): DescribedToken {
  const header = encode({ alg: 'none', typ: 'at+jwt' })
  return {
    value: `${header}.${encode(decodeJwt(value))}.`,
    description: 'claims of a valid token, alg none, no signature',
  }
}

/**
 * Signs the header (with its `kid`) and the claims of a token with another key. Sets `iat` to ten minutes ago, which is before
 * the last fetch of the keys. A newer key may have signed a token that was issued after this fetch. For such a token, the API
 * may respond with 503 instead of 401.
 */
export async function signWithAnotherKey({ value }: DescribedToken): Promise<DescribedToken> {
  const header = decodeProtectedHeader(value) as JWTHeaderParameters
  const { privateKey } = await generateKeyPair(header.alg)
  const claims = { ...decodeJwt(value), iat: Math.floor(Date.now() / 1000) - 600 }
  return {
    value: await new SignJWT(claims).setProtectedHeader(header).sign(privateKey),
    description: `claims of a valid token, issued ten minutes ago, kid ${header.kid}, signed with another key`,
  }
}

function encode(part: object): string {
  return base64url.encode(JSON.stringify(part))
}
