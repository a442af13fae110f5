const TOKEN = "[\\w!#$%&'*+.^`|~-]+"
/** Matches a parameter, or the name of a scheme with an optional token68 (RFC 9110 section 11.2). */
const PART = new RegExp(
  `[\\s,]*(?:(${TOKEN})[ \\t]*=[ \\t]*(?:"((?:[^"\\\\]|\\\\.)*)"|(${TOKEN})(?=[ \\t]*(?:,|$)))` +
    `|(${TOKEN})(?:[ \\t]+[\\w.~+/-]+=*(?=[ \\t]*(?:,|$)))?)`,
  'y',
)

/**
 * Returns whether a response has status 401 and a challenge for `scheme` with the error code `error` (RFC 6750 section 3.1, RFC
 * 9449 section 7.1). `scheme` is the scheme of the request, because challenges of other schemes are not about
 * the token of the request.
 */
export function hasChallengeError(
  { status, headers }: Response,
  scheme: string,
  error: string,
): boolean {
  if (status !== 401) return false
  const challenges = headers.get('www-authenticate') ?? ''
  let current = ''
  PART.lastIndex = 0
  for (let part = PART.exec(challenges); part !== null; part = PART.exec(challenges)) {
    const [, name, quoted, plain, newScheme] = part
    if (newScheme !== undefined) current = newScheme.toLowerCase()
    else if (current === scheme.toLowerCase() && name!.toLowerCase() === 'error') {
      if ((quoted ?? plain) === error) return true
    }
  }
  return false
}
