import { type Parts, partsOf, signText } from '../support/tokens.ts'
import { type Attack, harmless, invalidRequest, invalidToken } from './attack.ts'
import { goodClaims, goodHeader, jsonWith } from './forged-tokens.ts'
import type { Target } from './target.ts'

const malformed = invalidToken('malformed_token')

/** A JSON text with something that JSON, UTF-8 or RFC 7515 section 4 does not have. */
const SPOILT: readonly (readonly [name: string, spoil: (json: string) => string | Uint8Array])[] = [
  ['a byte order mark', (json) => `\ufeff${json}`],
  ['UTF-16, little end first', (json) => Buffer.from(json, 'utf16le')],
  ['UTF-16 with its mark', (json) => Buffer.from(`\ufeff${json}`, 'utf16le')],
  ['UTF-16, big end first', (json) => Buffer.from(json, 'utf16le').swap16()],
  ['UTF-32', (json) => Buffer.from(json.replace(/./g, '\0\0\0$&'))],
  ['an overlong quote', (json) => latin1(json.replace('"', '\xc0\xa2'))],
  ['an overlong letter in a string', (json) => withString(json, '\xc1\xa1')],
  ['a surrogate in UTF-8', (json) => withString(json, '\xed\xa0\x80')],
  ['a pair of surrogates in UTF-8', (json) => withString(json, '\xed\xa0\xbd\xed\xb0\xbb')],
  ['a byte that is no UTF-8', (json) => withString(json, '\xff')],
  ['half a character', (json) => withString(json, '\xc3')],
  ['a code point beyond Unicode', (json) => withString(json, '\xf4\x90\x80\x80')],
  ['trailing garbage', (json) => `${json}x`],
  ['a second object', (json) => `${json}{}`],
  ['a NUL behind', (json) => `${json}\0`],
  ['a NUL within', (json) => json.replace(',', ',\0')],
  ['a no-break space', (json) => json.replace(',', ',\u00a0')],
  ['a comment', (json) => json.replace(',', ',/* */')],
  ['a trailing comma', (json) => `${json.slice(0, -1)},}`],
  ['single quotes', (json) => json.replaceAll('"', "'")],
  ['a bare name', (json) => jsonWith(JSON.parse(json) as object, 'z', '1').replace('"z"', 'z')],
  ['NaN', (json) => withMember(json, 'z', 'NaN')],
  ['Infinity', (json) => withMember(json, 'z', 'Infinity')],
  ['a number with a plus sign', (json) => withMember(json, 'z', '+1')],
  ['a number in hexadecimal', (json) => withMember(json, 'z', '0x1')],
  ['a control character in a string', (json) => withMember(json, 'z', '"\u0001"')],
  ['nothing', () => ' '],
  ['half of it', (json) => json.slice(0, json.length / 2)],
  ['an array', (json) => `[${json}]`],
  ['a string', (json) => JSON.stringify(json)],
  ['null', () => 'null'],
  ['a number', () => '1'],
  ['true', () => 'true'],
  ['a member written twice', (json) => `{"z":1,"z":1,${json.slice(1)}`],
  ['a member written twice, once with an escape', (json) => `{"z":1,"\\u007a":2,${json.slice(1)}`],
  ['a member written twice in depth', (json) => withMember(json, 'z', '[{"y":{"x":1,"x":1}}]')],
  ['a member written twice, the first an object', (json) => `{"z":{"y":1},"z":1,${json.slice(1)}`],
  ['__proto__ written twice', (json) => `{"__proto__":{},"__proto__":{},${json.slice(1)}`],
  ['a thousand members of one name', (json) => `{${'"z":1,'.repeat(1_000)}${json.slice(1)}`],
  ['32 levels below the top', (json) => withMember(json, 'z', nested(32))],
  ['3,000 levels of arrays', (json) => withMember(json, 'z', nested(3_000))],
  ['1,000 levels of objects', (json) => withMember(json, 'z', nested(1_000, '{"a":', '}'))],
]

/** Odd, but one valid JSON object: refusing it would refuse a signature over what it covers. */
const UNUSUAL: readonly (readonly [name: string, rewrite: (json: string) => string])[] = [
  ['white space around', (json) => `\t\r\n ${json} \n`],
  ['5,000 blanks', (json) => `${json}${' '.repeat(5_000)}`],
  ['white space within', (json) => json.replaceAll(':"', ' : "').replaceAll(',', ' ,\n')],
  ['escapes for letters', (json) => json.replaceAll('s', '\\u0073')],
  ['a solidus escaped', (json) => json.replaceAll('/', '\\/')],
  ['31 levels below the top', (json) => withMember(json, 'z', nested(31))],
  ['a number beyond all numbers', (json) => withMember(json, 'z', '1e400')],
  ['a lone surrogate, escaped', (json) => withMember(json, 'z', '"\\ud800"')],
  ['colons and quotes in a string', (json) => withMember(json, 'z', '"\\"a\\":1,\\\\"')],
  ['an empty name', (json) => withMember(json, '', '1')],
  [
    'other names in capitals',
    (json) => withMember(withMember(json, 'ALG', '"none"'), 'ISS', '"x"'),
  ],
]

function withMember(json: string, name: string, text: string): string {
  return jsonWith(JSON.parse(json) as object, name, text)
}

/** With a member whose value holds these bytes. */
function withString(json: string, bytes: string): Uint8Array {
  return latin1(withMember(json, 'z', `"${bytes}"`))
}

function latin1(text: string): Uint8Array {
  return Buffer.from(text, 'latin1')
}

function nested(levels: number, open = '[', close = ']'): string {
  return `${open.repeat(levels)}${open === '[' ? '' : '1'}${close.repeat(levels)}`
}

/** The same in the header and in the claims set, each time under a valid signature. */
function inBothParts(
  rows: readonly (readonly [name: string, rewrite: (json: string) => string | Uint8Array])[],
  outcome: Attack['outcome'],
): Attack[] {
  return rows.flatMap(([name, rewrite]): Attack[] => [
    {
      name: `header: ${name}`,
      attack: ({ issuer }) => issuer.token({ header: rewrite(JSON.stringify(goodHeader(issuer))) }),
      outcome,
    },
    {
      name: `claims: ${name}`,
      attack: ({ issuer }) => issuer.token({ claims: rewrite(JSON.stringify(goodClaims(issuer))) }),
      outcome,
    },
  ])
}

/** Duplicates of the members that decide, in both orders, under a valid signature. */
const DUPLICATES: readonly (readonly [part: 'header' | 'claims', name: string, text: string])[] = [
  ['header', 'alg', '"none"'],
  ['header', '\\u0061lg', '"none"'],
  ['header', 'kid', '"other"'],
  ['header', 'typ', '"dpop+jwt"'],
  ['claims', 'iss', '"https://outsider.example.net"'],
  ['claims', '\\u0069ss', '"https://outsider.example.net"'],
  ['claims', 'sub', '"admin"'],
  ['claims', 's\\u0075b', '"admin"'],
  ['claims', 'aud', '"https://other.example.com"'],
  ['claims', 'exp', '4000000000'],
  ['claims', 'scope', '"admin"'],
  ['claims', 'client_id', '"admin"'],
]

const duplicates = DUPLICATES.flatMap(([part, name, text]): Attack[] => {
  const attackWith = (write: (json: string) => string): Attack['attack'] => {
    return ({ issuer }) => {
      const usual = part === 'header' ? goodHeader(issuer) : goodClaims(issuer)
      return issuer.token({ [part]: write(JSON.stringify(usual)) })
    }
  }
  const member = `"${name}":${text}`
  return [
    {
      name: `${part}: ${member} before the true one`,
      attack: attackWith((json) => `{${member},${json.slice(1)}`),
      outcome: malformed,
    },
    {
      name: `${part}: ${member} after the true one`,
      attack: attackWith((json) => `${json.slice(0, -1)},${member}}`),
      outcome: malformed,
    },
  ]
})

const PARTS = ['header', 'payload', 'signature'] as const

/** What decoders forgive in base64url, by the part it is done to. */
const SPELLINGS: readonly (readonly [name: string, spell: (part: string) => string])[] = [
  ['a blank within', (part) => `${part.slice(0, 8)} ${part.slice(8)}`],
  ['a tab within', (part) => `${part.slice(0, 8)}\t${part.slice(8)}`],
  ['padding', (part) => `${part}=`],
  ['twice the padding', (part) => `${part}==`],
  ['padding within', (part) => `${part.slice(0, 8)}=${part.slice(8)}`],
  ['a letter of another alphabet', (part) => `${part.slice(0, 8)}\xe4${part.slice(8)}`],
  ['a full-width letter', (part) => `${Buffer.from('\uff25').toString('latin1')}${part.slice(1)}`],
  ['a percent sign', (part) => `%${part}`],
  ['a quote', (part) => `"${part}`],
  ['an exclamation mark behind', (part) => `${part}!`],
]
const SPELLINGS_OF_B64TOKEN: readonly (readonly [name: string, spell: (part: string) => string])[] =
  [
    ['a plus sign', (part) => `+${part.slice(1)}`],
    ['a slash', (part) => `/${part.slice(1)}`],
    ['a tilde behind', (part) => `${part}~`],
    ['one character too many', (part) => lengthened(part, 1)],
    ['surplus bits in the last of two characters', (part) => lengthened(part, 2)],
    ['surplus bits in the last of three characters', (part) => lengthened(part, 3)],
    ['nothing', () => ''],
  ]

/** With so many characters behind the last full group of four, the bits of the last one all set. */
function lengthened(part: string, surplus: number): string {
  const full = part.slice(0, part.length - (part.length % 4))
  return `${full}${'A'.repeat(surplus - 1)}_`
}

function respelt(target: Target, index: number, spell: (part: string) => string): string {
  const parts = [...partsOf(target.issuer.token())] as [...Parts]
  parts[index] = spell(parts[index]!)
  // The signature covers what was sent, odd spelling included.
  const input = `${parts[0]}.${parts[1]}`
  return index === 2 ? parts.join('.') : signText(input, target.issuer.keys[0]!)
}

const spellings = PARTS.flatMap((part, index): Attack[] => [
  ...SPELLINGS.map(([name, spell]): Attack => {
    const trailing = part === 'signature' && name.endsWith('padding')
    return {
      name: `${part} in base64url with ${name}`,
      attack: (target) => respelt(target, index, spell),
      // At the end of a token, RFC 6750 allows padding; RFC 7515 does not.
      outcome: trailing ? malformed : invalidRequest('malformed_credentials'),
    }
  }),
  ...SPELLINGS_OF_B64TOKEN.map(([name, spell]): Attack => {
    return {
      name: `${part} in base64url with ${name}`,
      attack: (target) => respelt(target, index, spell),
      outcome: malformed,
    }
  }),
])

export const ENCODING: readonly Attack[] = [
  ...inBothParts(SPOILT, malformed),
  ...inBothParts(UNUSUAL, harmless),
  ...duplicates,
  ...spellings,
]
