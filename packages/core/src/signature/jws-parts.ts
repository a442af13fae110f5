/** The parts of a compact JWS as text (RFC 7515 section 7.1). They are not decoded. */
export interface JwsParts {
  readonly header: string
  readonly payload: string
  readonly signature: string
  /** The part that is signed (RFC 7515 section 5.2). */
  readonly signingInput: string
}

/** Splits a compact JWS into three parts. Returns `undefined` if the number of parts is not three, or the last part is empty. */
export function splitJws(text: string): JwsParts | undefined {
  const first = text.indexOf('.')
  const second = text.indexOf('.', first + 1)
  const hasThreeParts =
    first < second && second < text.length - 1 && !text.includes('.', second + 1)
  if (!hasThreeParts) return undefined
  return {
    header: text.slice(0, first),
    payload: text.slice(first + 1, second),
    signature: text.slice(second + 1),
    signingInput: text.slice(0, second),
  }
}
