/** Matches a nonce (RFC 9449 section 8.1) of at most 1024 characters. A longer nonce is ignored, because requests repeat it. */
const NONCE = /^[\x21\x23-\x5b\x5d-\x7e]{1,1024}$/

/** Maximum number of servers whose nonce is remembered. */
export const NONCES_AT_MOST = 100

/** Newest nonces of servers, by origin (RFC 9449 sections 8 and 9). */
export interface ServerNonces {
  /** Returns the newest nonce of the server at a URL, or `undefined` if the server has sent none. */
  get(url: string | URL): string | undefined
  /** Remembers the nonce that the server at a URL has sent. Ignores a missing and an invalid nonce. */
  note(url: string | URL, nonce: string | null | undefined): void
  /** Forgets the nonce of the server at a URL, because the server may no longer support nonces. */
  forget(url: string | URL): void
}

/** Creates an empty memory of nonces. If it is full, it forgets the nonce that was noted least recently. */
export function createNonces(): ServerNonces {
  const newest = new Map<string, string>()
  return {
    get: (url) => newest.get(new URL(url).origin),
    note(url, nonce) {
      if (typeof nonce !== 'string' || !NONCE.test(nonce)) return
      const { origin } = new URL(url)
      newest.delete(origin)
      newest.set(origin, nonce)
      if (newest.size <= NONCES_AT_MOST) return
      for (const oldest of newest.keys()) {
        newest.delete(oldest)
        break
      }
    },
    forget: (url) => void newest.delete(new URL(url).origin),
  }
}
