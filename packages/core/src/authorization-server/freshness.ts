import type { FetchResponse } from '../model/fetch.ts'

/**
 * Returns the seconds for which a response may still be cached (RFC 9111 sections 4.2.1 and 5.2.2). Returns `undefined` if
 * the server does not set `max-age`. Returns 0 for `no-store`, `no-cache` and an invalid `max-age`. Uses the smallest of
 * several values. Ignores `s-maxage`, which is for shared caches, and `Expires`.
 */
export function readMaxAge(headers: FetchResponse['headers']): number | undefined {
  const directives = (headers.get('cache-control') ?? '')
    .toLowerCase()
    .split(',')
    .map((text) => text.trim())
  if (directives.some((directive) => /^no-(?:store|cache)\b/.test(directive))) return 0
  const ages = directives
    .filter((directive) => directive.startsWith('max-age='))
    .map((directive) => /^max-age="?(\d+)"?$/.exec(directive)?.[1])
    .map((seconds) => (seconds === undefined ? 0 : Math.min(Number(seconds), Number.MAX_VALUE)))
  if (ages.length === 0) return undefined
  return Math.max(0, Math.min(...ages) - readAge(headers))
}

/**
 * Returns the `Age` of a response in seconds (RFC 9111 section 5.1). Returns 0 if the header is missing or invalid. Uses
 * the largest of several values.
 */
export function readAge(headers: FetchResponse['headers']): number {
  const ages = (headers.get('age') ?? '')
    .split(',')
    .map(Number.parseFloat)
    .filter((age) => age > 0)
  return Math.min(Math.max(0, ...ages), Number.MAX_VALUE)
}
