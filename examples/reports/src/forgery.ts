import { base64url, decodeJwt, decodeProtectedHeader, generateKeyPair, SignJWT } from 'jose'
import type { JWTHeaderParameters } from 'jose'
import type { Credential } from '@bearward/example-story'

/** A scope is written into a real token. The signature stays as it was. */
export function withScopeEdited({ token }: Credential, scope: string): Credential {
  const [header, , signature] = token.split('.')
  const payload = encode({ ...decodeJwt(token), scope })
  return {
    token: `${header}.${payload}.${signature}`,
    origin: `a real token with its scope edited to ${scope}`,
  }
}

/** The same claims without a signature, and a header that says that none is needed. */
export function withoutSignature({ token }: Credential): Credential {
  const header = encode({ alg: 'none', typ: 'at+jwt' })
  return {
    token: `${header}.${encode(decodeJwt(token))}.`,
    origin: 'the claims of a real token, alg none and no signature',
  }
}

/** The same header, key id included, and the same claims, signed with somebody else's key. */
export async function signedByAttacker({ token }: Credential): Promise<Credential> {
  const header = decodeProtectedHeader(token) as JWTHeaderParameters
  const { privateKey } = await generateKeyPair(header.alg)
  return {
    token: await new SignJWT(decodeJwt(token)).setProtectedHeader(header).sign(privateKey),
    origin: `the claims of a real token under its key id ${header.kid}, signed with another key`,
  }
}

function encode(part: object): string {
  return base64url.encode(JSON.stringify(part))
}
