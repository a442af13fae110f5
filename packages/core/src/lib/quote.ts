/** Number of characters of an untrusted text that are shown. */
const SHOWN = 100
/** Number of entries of an untrusted list that are shown. */
const SHOWN_ENTRIES = 5

/** Matches a JWT or its beginning: base64url of `{` followed by a quote, a space or a line break. */
const JWT = /(?<![\w-])(?:ey[A-Z]|ew[0o])[\w-]{10,}/
const HIDDEN = '(a token)'
/** Matches a text without characters to escape. Most names are such texts. */
const PLAIN = /^[\w.:/@-]{1,100}$/

/**
 * Converts an untrusted text to printable ASCII for a log. Other characters are escaped as in JSON, and at most `SHOWN`
 * characters are shown. For a text that contains a JWT, it returns `(a token)`.
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

/** Converts untrusted texts for a log: at most `SHOWN_ENTRIES` of them, and a last entry with the number of the others. */
export function toPrintableList(texts: readonly string[]): readonly string[] {
  const shown = texts.slice(0, SHOWN_ENTRIES).map(toPrintable)
  const more = texts.length - SHOWN_ENTRIES
  return more > 0 ? [...shown, `(${more} more)`] : shown
}

/** Quotes an untrusted text for a sentence in a log. */
export function quote(text: string): string {
  const shown = toPrintable(text)
  return shown === HIDDEN ? shown : `"${shown}"`
}

/** Quotes a list of untrusted texts for a sentence in a log. */
export function quoteList(texts: readonly string[]): string {
  const shown = texts.slice(0, SHOWN_ENTRIES).map(quote).join(', ')
  const more = texts.length - SHOWN_ENTRIES
  return more > 0 ? `${shown} and ${more} more` : shown
}

/** Joins configured names by "or" for a sentence in a log: at most `SHOWN_ENTRIES` of them. */
export function listAlternatives(names: readonly string[]): string {
  const shown = names.slice(0, SHOWN_ENTRIES).join(' or ')
  const more = names.length - SHOWN_ENTRIES
  return more > 0 ? `${shown} or ${more} more` : shown
}
