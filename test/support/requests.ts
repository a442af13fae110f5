import type { RequestLike } from '@bearward/core'
import { noteSecret } from './secrets.ts'

/** What `fetch` has to be told to send a token (RFC 6750 section 2.1). */
export function bearer(token: string): { readonly headers: { readonly authorization: string } } {
  noteSecret(token)
  return { headers: { authorization: `Bearer ${token}` } }
}

/** The header line that carries a token. */
export function bearerLine(token: string): string {
  noteSecret(token)
  return `Authorization: Bearer ${token}`
}

/** A request with a token, as an adapter shows it to the core. */
export function requestWith(token: string): RequestLike {
  return { method: 'GET', url: '/', ...bearer(token) }
}
