/**
 * Maximum number of rounds in which escapes are resolved. The last round must find no escapes, so a text can have at most
 * `ROUNDS - 1` nested levels. More than two levels do not occur by accident.
 */
const ROUNDS = 8

/** Maximum number of nested hex and base64 encodings that are decoded. */
const DEPTH = 2

/** Named character references of HTML. No named reference stands for a single ASCII letter or digit. */
const NAMED: Readonly<Record<string, string>> = {
  amp: '&',
  apos: "'",
  ast: '*',
  bsol: '\\',
  colon: ':',
  comma: ',',
  commat: '@',
  dollar: '$',
  equals: '=',
  excl: '!',
  grave: '`',
  gt: '>',
  hat: '^',
  lcub: '{',
  lowbar: '_',
  lpar: '(',
  lsqb: '[',
  lt: '<',
  nbsp: ' ',
  num: '#',
  percnt: '%',
  period: '.',
  plus: '+',
  quest: '?',
  quot: '"',
  rcub: '}',
  rpar: ')',
  rsqb: ']',
  semi: ';',
  sol: '/',
  verbar: '|',
}

/**
 * Returns a text, and all texts that it can be decoded to. Decodes percent-encoding, escapes of HTML, JSON and similar formats,
 * hex and base64, even if they are nested. Each byte becomes one character. Most results are garbage. This is harmless,
 * because they are only searched for secrets. Returns `undefined` if there are too many levels of escapes.
 */
export function decodeText(text: string): readonly string[] | undefined {
  // A wrapped line can have white space in the middle of an escape. A form contains + for a space.
  let level = new Set([text, text.replace(/\s+/g, ''), text.replace(/\+/g, ' ')])
  const found = new Set(level)
  for (let depth = 0; depth <= DEPTH; depth++) {
    const plain: string[] = []
    for (const encoded of level) {
      const rounds = resolveEscapes(encoded)
      if (rounds === undefined) return undefined
      plain.push(encoded, ...rounds)
    }
    for (const one of plain) found.add(one)
    if (depth === DEPTH) break
    level = new Set(plain.flatMap((one) => [...decodeHex(one), ...decodeBase64(one)]))
  }
  return [...found]
}

/** Resolves all escapes. Returns the text after each round, or `undefined` if there are too many levels. */
function resolveEscapes(text: string): readonly string[] | undefined {
  const rounds: string[] = []
  let current = text
  for (let round = 0; round < ROUNDS; round++) {
    const next = resolveOnce(current)
    if (next === current) return rounds
    rounds.push(next)
    current = next
  }
  return undefined
}

function resolveOnce(text: string): string {
  return text
    .replace(/(?:[%=]|\\x|0x)([0-9a-f]{2})/gi, (_, hex: string) => toCharacter(hex, 16))
    .replace(/(?:%u|\\u)([0-9a-f]{4})/gi, (_, hex: string) => toCharacter(hex, 16))
    .replace(/(?:\\u\{|U\+)([0-9a-f]{2,6})\}?/gi, (_, hex: string) => toCharacter(hex, 16))
    .replace(/&#x0*([0-9a-f]{1,6});?/gi, (_, hex: string) => toCharacter(hex, 16))
    .replace(/&#0*(\d{1,7});?/g, (_, decimal: string) => toCharacter(decimal, 10))
    .replace(/\\([0-3][0-7]{2})/g, (_, octal: string) => toCharacter(octal, 8))
    .replace(/\\(["'\\/])/g, '$1')
    .replace(/&([a-z]{2,6});/gi, (whole, name: string) => {
      const known = name.toLowerCase()
      return Object.hasOwn(NAMED, known) ? NAMED[known]! : whole
    })
}

function toCharacter(digits: string, radix: number): string {
  const code = Number.parseInt(digits, radix)
  return code <= 0x10ffff ? String.fromCodePoint(code) : ''
}

/** Decodes the hex digits of a text twice: from the first digit, and from the second digit. Ignores all other characters. */
function decodeHex(text: string): readonly string[] {
  const digits = text.replace(/[^0-9a-f]/gi, '')
  return [0, 1].map((start) => {
    const pairs = digits.slice(start).match(/../g) ?? []
    return pairs.map((pair) => toCharacter(pair, 16)).join('')
  })
}

/**
 * Decodes a text as base64 in two ways: with the characters `+`, `/`, `-` and `_`, and without these characters. Each way decodes
 * the text four times: from each of the first four base64 characters.
 */
function decodeBase64(text: string): readonly string[] {
  const both = text.replace(/-/g, '+').replace(/_/g, '/')
  return [both.replace(/[^A-Za-z0-9+/]/g, ''), text.replace(/[^A-Za-z0-9]/g, '')].flatMap(
    (digits) => [0, 1, 2, 3].map((start) => atob(toWhole(digits.slice(start)))),
  )
}

/** Removes the last base64 character if its group of four has no other character. One character is less than a byte. */
function toWhole(digits: string): string {
  return digits.length % 4 === 1 ? digits.slice(0, -1) : digits
}
