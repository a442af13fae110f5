import type { RequestLike } from '@bearward/core'
import { noteSecret } from './secrets.ts'

/** Returns the options for `fetch` that send a token (RFC 6750 section 2.1). */
export function bearer(token: string): { readonly headers: { readonly authorization: string } } {
  noteSecret(token)
  return { headers: { authorization: `Bearer ${token}` } }
}

/** Returns the header line with a token. */
export function bearerLine(token: string): string {
  noteSecret(token)
  return `Authorization: Bearer ${token}`
}

/** Returns a GET request with a token, in the form in which an adapter passes it to the core. */
export function requestWith(token: string): RequestLike {
  return { method: 'GET', url: '/', ...bearer(token) }
}
