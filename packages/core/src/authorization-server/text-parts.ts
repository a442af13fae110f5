/** Number of consecutive characters of a secret that a text must not contain. */
const PART_LENGTH = 6

/** Parts of secrets: six characters each, or a whole secret that is shorter. Each part is a number, for speed. */
export interface Parts {
  readonly numbers: ReadonlySet<number>
  /** Lengths of the parts. */
  readonly lengths: ReadonlySet<number>
}

/** Returns all parts of secrets, read forwards and backwards. */
export function findParts(secrets: Iterable<string>): Parts {
  const numbers = new Set<number>()
  const lengths = new Set<number>()
  for (const form of [...secrets].flatMap(toSecretForms)) {
    const length = Math.min(PART_LENGTH, form.length)
    if (length === 0) continue
    lengths.add(length)
    for (const direction of [form, reverse(form)]) {
      someNumber(direction, length, (number) => void numbers.add(number))
    }
  }
  return { numbers, lengths }
}

/** Returns the forms in which a secret is compared. */
function toSecretForms(secret: string): readonly string[] {
  const forms = [secret, toBytes(secret)].flatMap((text) => {
    const [form, ...others] = toForms(text)
    // A secret may have few letters and digits. A form with fewer than six characters would be found in too many texts.
    return [form, ...others.filter(({ length }) => length >= PART_LENGTH)]
  })
  return [...new Set(forms)]
}

/** Returns whether a text contains one of the parts. Ignores case, and characters that are not letters or digits. */
export function hasPart(text: string, { numbers, lengths }: Parts): boolean {
  return [...new Set(toForms(text))].some((form) =>
    [...lengths].some((length) => someNumber(form, length, (number) => numbers.has(number))),
  )
}

/**
 * Calls `accept` with each part of `length` characters in a text, until `accept` returns `true`. A part is passed as a number:
 * its characters are the digits of this number to base 256. If each character is one byte, different parts of this length have
 * different numbers.
 */
function someNumber(
  text: string,
  length: number,
  accept: (number: number) => boolean | void,
): boolean {
  const rest = 256 ** (length - 1)
  let number = 0
  for (let i = 0; i < text.length; i++) {
    number = (number % rest) * 256 + (text.charCodeAt(i) & 255)
    if (i + 1 >= length && accept(number) === true) return true
  }
  return false
}

/**
 * Returns three forms of a text in lower case: the whole text, the text without white space and NUL, and its letters and
 * digits.
 */
function toForms(text: string): readonly [string, string, string] {
  const lower = text.toLowerCase()
  return [lower, lower.replace(/[\s\0]+/g, ''), lower.replace(/[^a-z0-9]+/g, '')]
}

/** Returns the UTF-8 bytes of a text as one character each, like the results of `decodeText`. */
function toBytes(text: string): string {
  return Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join('')
}

function reverse(text: string): string {
  let reversed = ''
  for (let i = text.length - 1; i >= 0; i--) reversed += text[i]!
  return reversed
}
