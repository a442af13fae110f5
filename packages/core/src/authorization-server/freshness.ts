import type { FetchResponse } from '../model/fetch.ts'

/**
 * The remaining freshness of an answer (RFC 9111 sections 4.2.1 and 5.2.2). `no-store`, `no-cache`, and a
 * `max-age` that is no number mean none; of several values the smallest counts. `s-maxage` and `Expires`
 * are for others.
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
 * `Age` (RFC 9111 section 5.1) in seconds: 0 where the answer comes from the server itself, or the field is no number. The
 * largest counts, where caches have written several.
 */
export function readAge(headers: FetchResponse['headers']): number {
  const ages = (headers.get('age') ?? '')
    .split(',')
    .map(Number.parseFloat)
    .filter((age) => age > 0)
  return Math.min(Math.max(0, ...ages), Number.MAX_VALUE)
}
