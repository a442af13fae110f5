import { type Parts, splitToken, signText } from '../support/tokens.ts'
import { type Attack, accepted, invalidRequest, invalidToken } from './attack.ts'
import { goodClaims, goodHeader, jsonWith } from './forged-tokens.ts'
import type { Target } from './target.ts'

const malformed = invalidToken('malformed_token')

/** Changes that JSON, UTF-8 or RFC 7515 section 4 do not allow. */
const INVALID_TEXTS: readonly (readonly [
  name: string,
  rewrite: (json: string) => string | Uint8Array,
])[] = [
  ['a byte order mark', (json) => `\ufeff${json}`],
  ['UTF-16LE', (json) => Buffer.from(json, 'utf16le')],
  ['UTF-16LE and a byte order mark', (json) => Buffer.from(`\ufeff${json}`, 'utf16le')],
  ['UTF-16BE', (json) => Buffer.from(json, 'utf16le').swap16()],
  ['UTF-32BE', (json) => Buffer.from(json.replace(/./g, '\0\0\0$&'))],
  ['an overlong quote', (json) => latin1(json.replace('"', '\xc0\xa2'))],
  ['an overlong letter in a string', (json) => withString(json, '\xc1\xa1')],
  ['a surrogate in UTF-8', (json) => withString(json, '\xed\xa0\x80')],
  ['a pair of surrogates in UTF-8', (json) => withString(json, '\xed\xa0\xbd\xed\xb0\xbb')],
  ['a byte that never occurs in UTF-8', (json) => withString(json, '\xff')],
  ['half of a UTF-8 character', (json) => withString(json, '\xc3')],
  ['a code point beyond Unicode', (json) => withString(json, '\xf4\x90\x80\x80')],
  ['trailing garbage', (json) => `${json}x`],
  ['a second object', (json) => `${json}{}`],
  ['a trailing NUL', (json) => `${json}\0`],
  ['a NUL inside', (json) => json.replace(',', ',\0')],
  ['a no-break space', (json) => json.replace(',', ',\u00a0')],
  ['a comment', (json) => json.replace(',', ',/* */')],
  ['a trailing comma', (json) => `${json.slice(0, -1)},}`],
  ['single quotes', (json) => json.replaceAll('"', "'")],
  [
    'an unquoted name',
    (json) => jsonWith(JSON.parse(json) as object, 'z', '1').replace('"z"', 'z'),
  ],
  ['NaN', (json) => withMember(json, 'z', 'NaN')],
  ['Infinity', (json) => withMember(json, 'z', 'Infinity')],
  ['a number with a plus sign', (json) => withMember(json, 'z', '+1')],
  ['a number in hexadecimal', (json) => withMember(json, 'z', '0x1')],
  ['a control character in a string', (json) => withMember(json, 'z', '"\u0001"')],
  ['only a space', () => ' '],
  ['the second half missing', (json) => json.slice(0, json.length / 2)],
  ['an array around the object', (json) => `[${json}]`],
  ['a string around the object', (json) => JSON.stringify(json)],
  ['null instead of the object', () => 'null'],
  ['a number instead of the object', () => '1'],
  ['true instead of the object', () => 'true'],
  ['a duplicate member', (json) => `{"z":1,"z":1,${json.slice(1)}`],
  ['a duplicate member, once with an escape', (json) => `{"z":1,"\\u007a":2,${json.slice(1)}`],
  [
    'a duplicate member in a nested object',
    (json) => withMember(json, 'z', '[{"y":{"x":1,"x":1}}]'),
  ],
  [
    'a duplicate member whose first value is an object',
    (json) => `{"z":{"y":1},"z":1,${json.slice(1)}`,
  ],
  ['a duplicate __proto__', (json) => `{"__proto__":{},"__proto__":{},${json.slice(1)}`],
  ['a thousand members with one name', (json) => `{${'"z":1,'.repeat(1_000)}${json.slice(1)}`],
  ['32 levels below the top', (json) => withMember(json, 'z', nested(32))],
  ['3,000 levels of arrays', (json) => withMember(json, 'z', nested(3_000))],
  ['1,000 levels of objects', (json) => withMember(json, 'z', nested(1_000, '{"a":', '}'))],
]

/** Changes that leave one valid JSON object. A token with this change and a valid signature must be accepted. */
const UNUSUAL_TEXTS: readonly (readonly [name: string, rewrite: (json: string) => string])[] = [
  ['white space around the object', (json) => `\t\r\n ${json} \n`],
  ['5,000 trailing spaces', (json) => `${json}${' '.repeat(5_000)}`],
  [
    'white space inside the object',
    (json) => json.replaceAll(':"', ' : "').replaceAll(',', ' ,\n'),
  ],
  ['escapes for letters', (json) => json.replaceAll('s', '\\u0073')],
  ['escaped slashes', (json) => json.replaceAll('/', '\\/')],
  ['31 levels below the top', (json) => withMember(json, 'z', nested(31))],
  ['a number that overflows', (json) => withMember(json, 'z', '1e400')],
  ['an escaped lone surrogate', (json) => withMember(json, 'z', '"\\ud800"')],
  ['colons and quotes in a string', (json) => withMember(json, 'z', '"\\"a\\":1,\\\\"')],
  ['an empty name', (json) => withMember(json, '', '1')],
  [
    'additional members named ALG and ISS',
    (json) => withMember(withMember(json, 'ALG', '"none"'), 'ISS', '"x"'),
  ],
]

function withMember(json: string, name: string, text: string): string {
  return jsonWith(JSON.parse(json) as object, name, text)
}

/** Returns the JSON with one more member, whose value contains the bytes. */
function withString(json: string, bytes: string): Uint8Array {
  return latin1(withMember(json, 'z', `"${bytes}"`))
}

function latin1(text: string): Uint8Array {
  return Buffer.from(text, 'latin1')
}

function nested(levels: number, open = '[', close = ']'): string {
  return `${open.repeat(levels)}${open === '[' ? '' : '1'}${close.repeat(levels)}`
}

/** Creates two attacks for each row: one in the header and one in the claims, both with a valid signature. */
function inBothParts(
  rows: readonly (readonly [name: string, rewrite: (json: string) => string | Uint8Array])[],
  outcome: Attack['outcome'],
): Attack[] {
  return rows.flatMap(([name, rewrite]): Attack[] => [
    {
      name: `a header with ${name}`,
      attack: ({ issuer }) => issuer.token({ header: rewrite(JSON.stringify(goodHeader(issuer))) }),
      outcome,
    },
    {
      name: `claims with ${name}`,
      attack: ({ issuer }) => issuer.token({ claims: rewrite(JSON.stringify(goodClaims(issuer))) }),
      outcome,
    },
  ])
}

/** Duplicates of important members, in both orders, with a valid signature. */
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
      name: `${part}: ${member} before the real one`,
      attack: attackWith((json) => `{${member},${json.slice(1)}`),
      outcome: malformed,
    },
    {
      name: `${part}: ${member} after the real one`,
      attack: attackWith((json) => `${json.slice(0, -1)},${member}}`),
      outcome: malformed,
    },
  ]
})

const PARTS = ['header', 'payload', 'signature'] as const

/** Invalid spellings of base64url that many decoders accept. */
const SPELLINGS: readonly (readonly [name: string, spell: (part: string) => string])[] = [
  ['a space inside', (part) => `${part.slice(0, 8)} ${part.slice(8)}`],
  ['a tab inside', (part) => `${part.slice(0, 8)}\t${part.slice(8)}`],
  ['padding', (part) => `${part}=`],
  ['double padding', (part) => `${part}==`],
  ['padding inside', (part) => `${part.slice(0, 8)}=${part.slice(8)}`],
  ['a letter outside ASCII', (part) => `${part.slice(0, 8)}\xe4${part.slice(8)}`],
  ['a full-width letter', (part) => `${Buffer.from('\uff25').toString('latin1')}${part.slice(1)}`],
  ['a percent sign', (part) => `%${part}`],
  ['a quote', (part) => `"${part}`],
  ['a trailing exclamation mark', (part) => `${part}!`],
]
/** Invalid spellings of base64url that are valid in a `b64token` (RFC 6750 section 2.1), except for the empty one. */
const B64TOKEN_SPELLINGS: readonly (readonly [name: string, spell: (part: string) => string])[] = [
  ['a plus sign', (part) => `+${part.slice(1)}`],
  ['a slash', (part) => `/${part.slice(1)}`],
  ['a trailing tilde', (part) => `${part}~`],
  ['one surplus character', (part) => lengthened(part, 1)],
  ['unused bits set in the last of two characters', (part) => lengthened(part, 2)],
  ['unused bits set in the last of three characters', (part) => lengthened(part, 3)],
  ['no characters', () => ''],
]

/** Returns the part with `surplus` characters after the last full group of four. All bits of the last character are set. */
function lengthened(part: string, surplus: number): string {
  const full = part.slice(0, part.length - (part.length % 4))
  return `${full}${'A'.repeat(surplus - 1)}_`
}

function respelt(target: Target, index: number, spell: (part: string) => string): string {
  const parts = [...splitToken(target.issuer.token())] as [...Parts]
  parts[index] = spell(parts[index]!)
  // The signature covers the sent spelling.
  const input = `${parts[0]}.${parts[1]}`
  return index === 2 ? parts.join('.') : signText(input, target.issuer.keys[0]!)
}

const spellings = PARTS.flatMap((part, index): Attack[] => [
  ...SPELLINGS.map(([name, spell]): Attack => {
    const trailing = part === 'signature' && name.endsWith('padding')
    return {
      name: `a ${part} in base64url with ${name}`,
      attack: (target) => respelt(target, index, spell),
      // RFC 6750 allows padding at the end of a token. RFC 7515 does not.
      outcome: trailing ? malformed : invalidRequest('malformed_credentials'),
    }
  }),
  ...B64TOKEN_SPELLINGS.map(([name, spell]): Attack => {
    return {
      name: `a ${part} in base64url with ${name}`,
      attack: (target) => respelt(target, index, spell),
      outcome: malformed,
    }
  }),
])

export const ENCODING: readonly Attack[] = [
  ...inBothParts(INVALID_TEXTS, malformed),
  ...inBothParts(UNUSUAL_TEXTS, accepted),
  ...duplicates,
  ...spellings,
]
