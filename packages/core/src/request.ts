/** What the core needs to know of a request. An adapter makes one from its framework's request. */
export interface RequestView {
  readonly method: string
  /** The request target as it came (path and query). */
  readonly url: string
  /**
   * The header lines as they came: name, value, name, value, as in Node's `rawHeaders`. Leave it out
   * where the host has none (serverless shims); `headers` is read instead.
   */
  readonly headerLines?: readonly string[] | undefined
  /** The header fields by name, as in Node's `headers`. Names count in any case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  /**
   * The framework's own request. It is what `check` is given, and it tells requests apart: guards that
   * are asked about the same `source` share one verification. Without it, the view itself is both.
   */
  readonly source?: object
}

/**
 * Every value of one header field, one entry a line. Where there are header lines they alone count:
 * the parsed `headers` of Node keep the first of two `Authorization` lines and drop the second.
 *
 * Throws a `TypeError` where `headers` is a `Headers` of the Fetch standard, in which nothing would be
 * found: pass `Object.fromEntries(headers)`.
 */
export function headerValues(request: RequestView, name: string): readonly string[] {
  const lines = request.headerLines
  if (lines === undefined || lines.length === 0) {
    if (request.headers instanceof Headers) {
      throw new TypeError('headers must be an object by name: Object.fromEntries(request.headers).')
    }
    // Shims spell names as they like. A field that is not found would make its sender anonymous.
    return Object.entries(request.headers).flatMap(([field, value]) =>
      field.toLowerCase() === name ? (value ?? []) : [],
    )
  }
  const values: string[] = []
  for (let i = 0; i + 1 < lines.length; i += 2) {
    const line = lines[i]!
    if (line.length === name.length && line.toLowerCase() === name) values.push(lines[i + 1]!)
  }
  return values
}
