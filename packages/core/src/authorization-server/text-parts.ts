/** Characters in a row that a text and a secret may not have in common. */
const PART_LENGTH = 6

/** Parts of secrets: of six characters, or a whole secret that is shorter. Each is a number, for speed. */
export interface Parts {
  readonly numbers: ReadonlySet<number>
  /** The lengths that the parts have. */
  readonly lengths: ReadonlySet<number>
}

/** Returns all parts of secrets, in both directions. */
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
    // Of a secret with many other characters too little can be left to compare.
    return [form, ...others.filter(({ length }) => length >= PART_LENGTH)]
  })
  return [...new Set(forms)]
}

/** Returns whether a text contains one of the parts, whatever its case, or whatever is between letters and digits. */
export function hasPart(text: string, { numbers, lengths }: Parts): boolean {
  return [...new Set(toForms(text))].some((form) =>
    [...lengths].some((length) => someNumber(form, length, (number) => numbers.has(number))),
  )
}

/**
 * Calls back with each part of a text that has this length, until the result is `true`. A part is the number that its
 * characters are the digits of: with six of one byte each, no two parts are the same number.
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

/** Returns a text without differences in case, the same without white space, and its letters and digits alone. */
function toForms(text: string): readonly [string, string, string] {
  const lower = text.toLowerCase()
  return [lower, lower.replace(/[\s\0]+/g, ''), lower.replace(/[^a-z0-9]+/g, '')]
}

/** Returns the UTF-8 bytes of a text, each as one character: decoded texts consist of such. */
function toBytes(text: string): string {
  return Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join('')
}

function reverse(text: string): string {
  let reversed = ''
  for (let i = text.length - 1; i >= 0; i--) reversed += text[i]!
  return reversed
}
