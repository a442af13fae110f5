import { describe, expect, it } from 'vitest'
import { SentSecrets } from '../../src/authorization-server/sent-secrets.ts'

const SECRET = 'Xk7~p@ss/w%rd:q "y'
const hex = (text: string) => Buffer.from(text).toString('hex')
const base64 = (text: string) => Buffer.from(text).toString('base64')
const percent = (text: string) => hex(text).replace(/../g, '%$&')
const characters = (text: string, write: (code: number) => string) =>
  Array.from(text, (character) => write(character.charCodeAt(0))).join('')

const reverse = (text: string) => Array.from(text).reduce((end, one) => one + end, '')

const read = (text: unknown, ...secrets: string[]) => new SentSecrets(secrets).readText(text)

/** Encodings in which a server can repeat a secret. */
const ENCODINGS: Record<string, (text: string) => string> = {
  plain: (text) => text,
  'upper case': (text) => text.toUpperCase(),
  backwards: (text) => reverse(text),
  'percent-encoded': encodeURIComponent,
  'percent-encoded in every character': percent,
  'percent-encoded twice': (text) => encodeURIComponent(encodeURIComponent(text)),
  'percent-encoded in every character, twice': (text) => encodeURIComponent(percent(text)),
  'a form value': (text) => new URLSearchParams({ a: text }).toString().slice(2),
  'IIS style percent-encoding': (text) =>
    characters(text, (code) => `%u${code.toString(16).padStart(4, '0')}`),
  'quoted-printable': (text) => hex(text).replace(/../g, '=$&'),
  'decimal HTML entities': (text) => characters(text, (code) => `&#${code};`),
  'decimal HTML entities with zeros': (text) => characters(text, (code) => `&#000${code};`),
  'hexadecimal HTML entities without semicolon': (text) =>
    characters(text, (code) => `&#x${code.toString(16)}`),
  'named HTML entities': (text) =>
    text
      .replace(/&/g, '&amp;')
      .replace(/"/g, '&quot;')
      .replace(/@/g, '&commat;')
      .replace(/\//g, '&sol;'),
  'HTML entities, encoded twice': (text) =>
    characters(text, (code) => `&#${code};`).replace(/&/g, '&amp;'),
  'JSON in JSON': (text) => JSON.stringify(JSON.stringify(text)),
  'unicode escapes': (text) =>
    characters(text, (code) => `\\u${code.toString(16).padStart(4, '0')}`),
  'unicode escapes with braces': (text) => characters(text, (code) => `\\u{${code.toString(16)}}`),
  'hex escapes': (text) => characters(text, (code) => `\\x${code.toString(16)}`),
  'octal escapes': (text) => characters(text, (code) => `\\${code.toString(8).padStart(3, '0')}`),
  hex,
  'upper-case hex': (text) => hex(text).toUpperCase(),
  'hex with colons': (text) => hex(text).replace(/..(?=.)/g, '$&:'),
  'hex with 0x': (text) => hex(text).replace(/../g, '0x$& '),
  'a dump of UTF-16': (text) => Buffer.from(text, 'utf16le').toString('hex'),
  base64,
  'base64 without padding': (text) => base64(text).replace(/=/g, ''),
  base64url: (text) => Buffer.from(text).toString('base64url'),
  'base64 in lines': (text) => base64(text).replace(/.{5}/g, '$&\r\n'),
  'base64 after other text': (text) => base64(`ab${text}`),
  'base64 after more other text': (text) => base64(`a${text}`),
  'hex in base64': (text) => base64(hex(text)),
  'base64 in hex': (text) => hex(base64(text)),
  'base64 in base64': (text) => base64(base64(text)),
  'percent-encoding in base64': (text) => base64(percent(text)),
  'base64, percent-encoded': (text) => encodeURIComponent(base64(text)),
  'unicode escapes of all characters except letters and digits': (text) =>
    text.replace(/[^a-z0-9]/gi, (one) => `\\u00${one.charCodeAt(0).toString(16)}`),
  'HTML entities in lines': (text) =>
    characters(text, (code) => `&#${code};`).replace(/.{7}/g, '$&\r\n'),
  'spaces between the characters': (text) => Array.from(text).join(' '),
  'punctuation between the characters': (text) => Array.from(text).join('.-'),
  'line breaks between the characters': (text) => Array.from(text).join('\r\n'),
}

describe('SentSecrets.readText()', () => {
  it.each(Object.entries(ENCODINGS))(
    'readText returns undefined for a text that contains a secret: %s',
    (_name, encode) => {
      expect(read('no: nothing.', SECRET)).toBe('no: nothing.')
      for (const text of [
        encode(SECRET),
        `no: ${encode(SECRET)}.`,
        `the${encode(SECRET)}is wrong`,
      ]) {
        expect([text, read(text, SECRET)]).toEqual([text, undefined])
      }
    },
  )

  it('readText returns undefined for a text with six consecutive characters of a secret, and returns a text with five of them', () => {
    const secret = 'abcdefghijklmnop'
    for (let start = 0; start + 6 <= secret.length; start++) {
      const part = secret.slice(start, start + 6)
      for (const encode of Object.values(ENCODINGS)) {
        expect([part, read(`got ${encode(part)}, 77`, secret)]).toEqual([part, undefined])
      }
      expect(read(`got ${part.slice(1)}, 77`, secret)).toBe(`got ${part.slice(1)}, 77`)
    }
  })

  it('readText returns undefined for a text with six consecutive characters of a secret that contains punctuation', () => {
    const secret = 'w^v^9]"Zk7\\~p@ss/w%rd:'
    for (let start = 0; start + 6 <= secret.length; start++) {
      const part = secret.slice(start, start + 6)
      for (const [name, encode] of Object.entries(ENCODINGS)) {
        // In this encoding, the punctuation of the secret cannot be distinguished from added punctuation.
        if (name.startsWith('punctuation')) continue
        const text = `got ${encode(part)}, no`
        expect([name, text, read(text, secret)]).toEqual([name, text, undefined])
      }
    }
  })

  it('readText returns undefined for a text with a whole secret of four characters, and returns a text with three of these characters', () => {
    expect(read('the PIN 1234 is wrong', '1234')).toBe(undefined)
    expect(read(`the PIN ${base64('1234')} is wrong`, '1234')).toBe(undefined)
    expect(read('the PIN 123 is wrong', '1234')).toBe('the PIN 123 is wrong')
  })

  it('readText returns undefined for a text with the encoded form of a secret that has special characters, and returns a text without a secret', () => {
    for (const secret of ['#*#*!!##', 'p\u00e4ssw\u00f6rt-\u20ac', '@@@@a@@@@']) {
      const forms = [encodeURIComponent(secret), base64(secret), hex(secret)]
      for (const form of forms)
        expect([form, read(`no ${form}`, secret)]).toEqual([form, undefined])
      expect(read('no secret', secret)).toBe('no secret')
    }
  })

  it('readText returns undefined for a text with a secret that was passed to the constructor or to add()', () => {
    const secrets = new SentSecrets(['first-one'])
    expect(secrets.readText('what is second-one?')).toBe('what is second-one?')
    secrets.add(['second-one'])
    expect(secrets.readText('what is second-one?')).toBe(undefined)
    expect(secrets.readText('what is first-one?')).toBe(undefined)
  })

  it('readText returns undefined for a text with too many levels of escapes', () => {
    const text = `no %${'25'.repeat(20)}41`
    expect(read(text, SECRET)).toBe(undefined)
  })

  it.each([
    ['is not a string', { a: 1 }],
    ['contains only white space', ' \n '],
    ['has more than 1000 characters', 'x'.repeat(1001)],
    ['contains a terminal escape sequence', '\u001b[2J'],
    ['contains a character that reverses the text direction', 'a\u202eb'],
    ['contains a letter outside ASCII', 'ung\u00fcltig'],
  ])('readText returns undefined for a value that %s', (_case, text) => {
    expect(read(text)).toBe(undefined)
    expect(read(text, SECRET)).toBe(undefined)
  })

  it('readText replaces line ends and tabs in a text by one space', () => {
    expect(read('no such scope:\r\n\t write\u2028', SECRET)).toBe('no such scope: write')
  })

  it.each([
    "AADSTS7000222: The provided client secret keys for app '2c81f3c8-95c0-45d8-a09d-3c1d3ad8ff55' are expired. Visit the Azure portal to create new keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: https://aka.ms/certCreds. Trace ID: 5ad3b5b4-58f3-4b3c-9d0a-3f5c7f8c2a00 Correlation ID: 0a1e3f6e-6f37-4fb8-9a9b-3a2f0b0f1d11 Timestamp: 2026-11-29 07:20:00Z",
    "AADSTS7000215: Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '2c81f3c8-95c0-45d8-a09d-3c1d3ad8ff55'.",
    'Invalid client or Invalid client credentials',
    'The audience of the client assertion is not the token endpoint',
  ])('readText returns a description without a secret unchanged: %s', (text) => {
    expect(read(text, 'Zx~8Q~W6Zk9v3n5bR1cT0yUe4iOp7aSd2fGhJ', btoa('orders:Zx~8Q~W6Zk9v3n'))).toBe(
      text,
    )
  })
})
