const TOKEN = "[\\w!#$%&'*+.^`|~-]+"
/** Matches a parameter, or the name of a scheme with an optional token68 (RFC 9110 section 11.2). */
const PART = new RegExp(
  `[\\s,]*(?:(${TOKEN})[ \\t]*=[ \\t]*(?:"((?:[^"\\\\]|\\\\.)*)"|(${TOKEN})(?=[ \\t]*(?:,|$)))` +
    `|(${TOKEN})(?:[ \\t]+[\\w.~+/-]+=*(?=[ \\t]*(?:,|$)))?)`,
  'y',
)

/** Returns whether an API rejected the token: status 401 with `invalid_token` in a `Bearer` challenge (RFC 6750 section 3.1). */
export function isInvalidToken({ status, headers }: Response): boolean {
  if (status !== 401) return false
  const challenges = headers.get('www-authenticate') ?? ''
  let scheme = ''
  PART.lastIndex = 0
  for (let part = PART.exec(challenges); part !== null; part = PART.exec(challenges)) {
    const [, name, quoted, plain, newScheme] = part
    if (newScheme !== undefined) scheme = newScheme.toLowerCase()
    else if (scheme === 'bearer' && name!.toLowerCase() === 'error') {
      if ((quoted ?? plain) === 'invalid_token') return true
    }
  }
  return false
}
