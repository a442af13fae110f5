/** Characters of a text from outside that are shown. */
const SHOWN = 100
/** Entries of a list from outside that are shown. */
const SHOWN_ENTRIES = 5

/** A JWT, or the beginning of one: base64url of a brace and a quote, white space or a line end. */
const JWT = /(?<![\w-])(?:ey[A-Z]|ew[0o])[\w-]{10,}/
const HIDDEN = '(a token)'
/** Most names need no escapes. */
const PLAIN = /^[\w.:/@-]{1,100}$/

/**
 * Makes a text from outside fit for a log: printable ASCII, other characters escaped as in JSON, and at most `SHOWN`
 * characters. A text that contains a JWT is not shown.
 */
export function toPrintable(text: string): string {
  if (JWT.test(text)) return HIDDEN
  if (PLAIN.test(text)) return text
  const shown = JSON.stringify(text.slice(0, SHOWN))
    .slice(1, -1)
    .replace(/[^\x20-\x7e]/g, escape)
  return text.length > SHOWN ? `${shown}...` : shown
}

function escape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** Makes a list of texts fit for a log: at most `SHOWN_ENTRIES` of them, and a last one that tells how many are left out. */
export function toPrintableList(texts: readonly string[]): readonly string[] {
  const shown = texts.slice(0, SHOWN_ENTRIES).map(toPrintable)
  const more = texts.length - SHOWN_ENTRIES
  return more > 0 ? [...shown, `(${more} more)`] : shown
}

/** Quotes a text from outside for a sentence in a log. */
export function quote(text: string): string {
  const shown = toPrintable(text)
  return shown === HIDDEN ? shown : `"${shown}"`
}

/** Quotes a list of texts from outside for a sentence in a log. */
export function quoteList(texts: readonly string[]): string {
  const shown = texts.slice(0, SHOWN_ENTRIES).map(quote).join(', ')
  const more = texts.length - SHOWN_ENTRIES
  return more > 0 ? `${shown} and ${more} more` : shown
}

/** Lists names of the configuration, one of which is expected: at most `SHOWN_ENTRIES` of them. */
export function listAlternatives(names: readonly string[]): string {
  const shown = names.slice(0, SHOWN_ENTRIES).join(' or ')
  const more = names.length - SHOWN_ENTRIES
  return more > 0 ? `${shown} or ${more} more` : shown
}
