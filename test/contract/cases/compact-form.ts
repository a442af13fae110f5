import { CompactEncrypt } from 'jose'
import { encodePart, splitToken } from '../../support/tokens.ts'
import { type ContractCase, each, withCredentials } from '../contract-case.ts'
import {
  claimsText,
  claiming,
  headed,
  HEADER_TEXT,
  KEYS,
  signSpelling,
  token,
  USUAL_CLAIMS,
} from '../fixture.ts'
import { invalidRequest, invalidToken, ok, unparsed } from '../outcomes.ts'

const malformed = invalidToken('malformed_token')
const T = token()
const [head, payload, signature] = splitToken(T)
const CLAIMS_TEXT = JSON.stringify(USUAL_CLAIMS)
const { iss, ...otherClaims } = USUAL_CLAIMS

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** Returns JSON of the same meaning whose base64url leaves bits of its last character unused. */
function ragged(json: string): string {
  return json.length % 3 === 0 ? `${json} ` : json
}

/** Returns another spelling of the same bytes, with one unused bit set. */
function respelt(part: string): string {
  return part.slice(0, -1) + ALPHABET[ALPHABET.indexOf(part.at(-1)!) | 1]!
}

/** Returns the JSON with one more member, whose base64 contains `+` and `/`. */
function marked(json: string): string {
  return `${json.slice(0, -1)},"x":"${'?>~'.repeat(9)}"}`
}

/** Returns the same bytes in the alphabet of RFC 4648 section 4. */
function inStandardAlphabet(part: string): string {
  const text = part.replace(/-/g, '+').replace(/_/g, '/')
  if (text === part) throw new Error('The part is the same in both alphabets.')
  return text
}

function tokenWithMarkedSignature(): string {
  const minted = token()
  return /[-_]/.test(splitToken(minted)[2]) ? minted : tokenWithMarkedSignature()
}
const [mHead, mPayload, mSignature] = splitToken(tokenWithMarkedSignature())

const UTF16LE = (text: string) => Buffer.from(text, 'utf16le')
const UTF16BE = (text: string) => UTF16LE(text).swap16()
const UTF32LE = (text: string) => Buffer.from(Uint32Array.from(Buffer.from(text)).buffer)
const UTF32BE = (text: string) => UTF32LE(text).swap32()
/** Encodes JSON with a byte that never occurs in UTF-8. */
const NOT_UTF8 = (text: string) => Buffer.from(marked(text).replace('>', '\xff'), 'latin1')
/** Encodes JSON with a slash of two bytes (an overlong encoding). */
const OVERLONG = (text: string) => Buffer.from(marked(text).replace('>', '\xc0\xaf'), 'latin1')
const BOM = (text: string) => Buffer.from(`\ufeff${text}`)

/** Creates a JWE of five parts. Its content is arbitrary, because the token is rejected without decryption. */
const jwe = (header: Record<string, unknown>) =>
  [encodePart(header), 'AAAA', 'AAAA', 'AAAA', 'AAAA'].join('.')

/** An unsecured token, encrypted to a public key of the issuer (CVE-2026-29000). Every attacker has that key. */
const encryptedUnsecured = await new CompactEncrypt(
  Buffer.from(`${encodePart({ alg: 'none' })}.${payload}.`),
)
  .setProtectedHeader({ alg: 'RSA-OAEP-256', enc: 'A256GCM', cty: 'JWT', kid: KEYS.rs256.kid })
  .encrypt(KEYS.rs256.publicKey)

const flattened = JSON.stringify({ protected: head, payload, signature })
const general = JSON.stringify({ payload, signatures: [{ protected: head, signature }] })

const nested = (depth: number) => `${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}`

/** Cases for the compact serialization and its JSON (RFC 7515 sections 5.2 and 7.1, RFC 7519 section 7.2). */
export const compactForm: readonly ContractCase[] = [
  ...each(['7515-01'], 'rejects a token without three non-empty parts', malformed, {
    'one part': head,
    'two parts': `${head}.${payload}`,
    'four parts': `${T}.${signature}`,
    'five parts': `${T}.${signature}.${signature}`,
    'an empty header': signSpelling('', payload),
    'an empty payload': signSpelling(head, ''),
    'an empty signature': `${head}.${payload}.`,
    'only dots': '..',
  }),
  ...each(['7515-02'], 'rejects padding in base64url', malformed, {
    'padding after the signature': `${T}=`,
    'two padding characters': `${T}==`,
  }),
  ...each(['7515-02'], 'rejects padding in base64url', invalidRequest('malformed_credentials'), {
    'padding in the header': signSpelling(`${head}=`, payload),
    'padding in the payload': signSpelling(head, `${payload}=`),
  }),
  ...each(
    ['7515-02'],
    'rejects white space in base64url',
    invalidRequest('malformed_credentials'),
    {
      'a space': signSpelling(head, `${payload.slice(0, 8)} ${payload.slice(8)}`),
      'a tab': signSpelling(head, `${payload.slice(0, 8)}\t${payload.slice(8)}`),
    },
  ),
  ...each(
    ['7515-02'],
    'leaves a line break to the HTTP parser, which responds with 400',
    unparsed(400),
    {
      'in the payload': `${head}.${payload.slice(0, 8)}\n${payload.slice(8)}.${signature}`,
    },
  ),
  ...each(['7515-02'], 'rejects the base64 alphabet', malformed, {
    'in the header': signSpelling(inStandardAlphabet(encodePart(marked(HEADER_TEXT))), payload),
    'in the payload': signSpelling(head, inStandardAlphabet(encodePart(marked(CLAIMS_TEXT)))),
    'in the signature': `${mHead}.${mPayload}.${inStandardAlphabet(mSignature)}`,
  }),
  ...each(['7515-02'], 'accepts "-" and "_" in base64url', ok(), {
    'in header and payload': signSpelling(
      encodePart(marked(HEADER_TEXT)),
      encodePart(marked(CLAIMS_TEXT)),
    ),
  }),
  ...each(['7515-03'], 'rejects base64url that is not canonical', malformed, {
    'unused bits set in the header': signSpelling(
      respelt(encodePart(ragged(HEADER_TEXT))),
      payload,
    ),
    'unused bits set in the payload': signSpelling(head, respelt(encodePart(ragged(CLAIMS_TEXT)))),
    'unused bits set in the signature': `${head}.${payload}.${respelt(signature)}`,
    'a signature of an impossible length': `${head}.${payload}.${signature}AAA`,
  }),
  ...each(
    ['7515-15'],
    'accepts JSON in an unusual form, because the signature covers the received bytes',
    ok(),
    {
      'white space and line breaks in the JSON': token({
        header: `  ${HEADER_TEXT.replaceAll(',', ' ,\n\t')}  `,
        claims: JSON.stringify(USUAL_CLAIMS, undefined, 4),
      }),
      'escapes in the JSON': token({
        header: HEADER_TEXT.replace('ES256"', '\\u0045S256"'),
        claims: CLAIMS_TEXT.replace('https:', 'https\\u003a').replaceAll('/', '\\/'),
      }),
      'another order of the claims': claiming(JSON.stringify({ ...otherClaims, iss })),
    },
  ),

  ...each(['7515-04'], 'rejects a header that is not one JSON object', malformed, {
    'an array': headed('[]'),
    'a string': headed('"x"'),
    null: headed('null'),
    'two objects': headed(`${HEADER_TEXT} {}`),
    'a trailing comma': headed(HEADER_TEXT.replace('}', ',}')),
    'a byte order mark': headed(BOM(HEADER_TEXT)),
    'a comment': headed(HEADER_TEXT.replace('}', '/* */}')),
    'not JSON': headed('x'),
    'only white space': headed('   '),
    'single quotes': headed(HEADER_TEXT.replaceAll('"', "'")),
  }),
  ...each(['7519-36'], 'rejects claims that are not one JSON object', malformed, {
    'an array': claiming('[]'),
    'the claims in an array': claiming(`[${CLAIMS_TEXT}]`),
    'a string': claiming('"x"'),
    'a number': claiming('1'),
    null: claiming('null'),
    'not JSON': claiming('x'),
    'a byte order mark': claiming(BOM(CLAIMS_TEXT)),
  }),
  ...each(['8725-11'], 'rejects an encoding other than UTF-8', malformed, {
    ...inBothParts('UTF-16LE', UTF16LE),
    ...inBothParts('UTF-16BE', UTF16BE),
    ...inBothParts('UTF-32LE', UTF32LE),
    ...inBothParts('UTF-32BE', UTF32BE),
    ...inBothParts('a byte that never occurs in UTF-8', NOT_UTF8),
    ...inBothParts('an overlong character', OVERLONG),
  }),
  ...each(['7515-05'], 'rejects a duplicate header parameter', malformed, {
    'the last value is none': headed(HEADER_TEXT.replace('}', ',"alg":"none"}')),
    'the first value is none': headed(HEADER_TEXT.replace('{', '{"alg":"none",')),
    'equal values': headed(HEADER_TEXT.replace('}', ',"alg":"ES256"}')),
    'one name with an escape': headed(HEADER_TEXT.replace('}', ',"\\u0061lg":"none"}')),
    'in a nested object': headed(HEADER_TEXT.replace('}', ',"jwk":{"x":1,"x":2}}')),
  }),
  ...each(['7519-37'], 'rejects a duplicate claim', malformed, {
    'different values': claiming(claimsText('"sub":"alice"')),
    'equal values': claiming(claimsText('"sub":"reports-cron"')),
    'one name with an escape': claiming(claimsText('"s\\u0075b":"alice"')),
    'in a nested object': claiming(claimsText('"act":{"sub":"a","sub":"b"}')),
    'in an array': claiming(claimsText('"x":[{"a":1,"a":2}]')),
    __proto__: claiming(claimsText('"__proto__":{},"__proto__":{}')),
  }),
  ...each(['7519-47'], 'accepts a claim whose name is written with an escape', ok(), {
    iss: claiming(CLAIMS_TEXT.replace('"iss"', '"\\u0069ss"')),
  }),
  ...each(['7519-47'], 'rejects a duplicate claim whose name has an escape', malformed, {
    iss: claiming(claimsText('"\\u0069ss":"https://as.example.com"')),
  }),
  ...each(['7519-46'], 'ignores a claim named __proto__', ok({ scopes: ['read'] }), {
    __proto__: claiming(claimsText('"__proto__":{"admin":true,"scope":"write"}')),
    'one name with an escape': claiming(claimsText('"__pr\\u006fto__":{"admin":true}')),
    'in a nested object': claiming(claimsText('"address":{"__proto__":{"admin":true}}')),
  }),
  ...each(
    ['7519-46'],
    'keeps claims named like inherited members',
    ok({ claims: { hasOwnProperty: 'x', toString: 'y', valueOf: { admin: true } } }),
    {
      'three names': claiming(
        claimsText('"hasOwnProperty":"x","toString":"y","valueOf":{"admin":true}'),
      ),
    },
  ),
  ...each(
    ['7519-46'],
    'keeps a claim named constructor',
    ok({ claims: { constructor: { prototype: { admin: true } } } }),
    {
      constructor: claiming(claimsText('"constructor":{"prototype":{"admin":true}}')),
    },
  ),
  ...each([], 'accepts 32 levels of nesting', ok(), {
    'in the claims': claiming(claimsText(`"x":${nested(32)}`)),
  }),
  ...each([], 'rejects more than 32 levels of nesting', malformed, {
    'in the claims': claiming(claimsText(`"x":${nested(33)}`)),
    'in the header': headed(HEADER_TEXT.replace('}', `,"x":${nested(33)}}`)),
    '4000 levels in the claims': claiming(claimsText(`"x":${nested(4000)}`)),
  }),

  ...each(['9068-16', '7516-17'], 'rejects an encrypted token as malformed', malformed, {
    dir: jwe({ alg: 'dir', enc: 'A256GCM' }),
    RSA1_5: jwe({ alg: 'RSA1_5', enc: 'A128CBC-HS256' }),
    'RSA-OAEP-256': jwe({ alg: 'RSA-OAEP-256', enc: 'A256GCM', typ: 'at+jwt' }),
  }),
  ...each(['8725-08'], 'rejects a token with key agreement as malformed', malformed, {
    'a point that is not on its curve': jwe({
      alg: 'ECDH-ES',
      enc: 'A256GCM',
      epk: { kty: 'EC', crv: 'P-256', x: 'A'.repeat(43), y: 'A'.repeat(43) },
    }),
  }),
  ...each(['8725-10'], 'rejects a compressed token', malformed, {
    'a JWE': jwe({ alg: 'dir', enc: 'A256GCM', zip: 'DEF' }),
  }),
  ...each(['8725-10'], 'rejects a compressed token', invalidToken('unsupported_header'), {
    'a JWS': headed({ zip: 'DEF' }),
  }),
  ...each(['8725bis-07'], 'rejects an encrypted token in place of a signed one', malformed, {
    'an unsecured token, encrypted to a public key of the issuer': encryptedUnsecured,
  }),
  ...each(
    ['8725bis-07'],
    'rejects an encrypted token in place of a signed one',
    invalidToken('unsupported_header'),
    {
      'a signed token with the header of a JWE': headed({ enc: 'A256GCM' }),
    },
  ),
  ...each(['8725bis-20'], 'rejects an algorithm that derives a key from a password', malformed, {
    'a JWE': jwe({ alg: 'PBES2-HS256+A128KW', enc: 'A128GCM', p2c: 2_147_483_647, p2s: 'AAAA' }),
  }),
  ...each(
    ['8725bis-20'],
    'rejects an algorithm that derives a key from a password',
    invalidToken('unsupported_algorithm'),
    {
      'a JWS': headed({ alg: 'PBES2-HS256+A128KW', p2c: 2_147_483_647, p2s: 'AAAA' }),
    },
  ),
  ...each(
    ['8725bis-21'],
    'rejects the JSON serialization of a token',
    invalidRequest('multiple_credentials'),
    {
      flattened: withCredentials(`Bearer ${flattened}`),
      general: withCredentials(`Bearer ${general}`),
    },
  ),
  ...each(['8725bis-21'], 'rejects the JSON serialization of a token', malformed, {
    'flattened, in base64url': encodePart(flattened),
    'general, in base64url': encodePart(general),
  }),
  ...each(['8725bis-21'], 'rejects characters outside the compact serialization', malformed, {
    'a trailing tilde and disclosure': `${T}~${encodePart('["salt","sub","alice"]')}~`,
    'a leading tilde': `~${T}`,
    'a leading plus sign': `+${T}`,
    'a trailing slash': `${T}/`,
  }),
  ...each(
    [],
    'rejects a token that consists of parts of two tokens',
    invalidToken('invalid_signature'),
    {
      'the payload of another token': `${head}.${encodePart(CLAIMS_TEXT.replace('read', 'admin'))}.${signature}`,
      'the signature of another token': `${head}.${payload}.${splitToken(claiming({ sub: 'alice' }))[2]}`,
    },
  ),
  ...each([], 'rejects the parts in another order', malformed, {
    'signature first': `${signature}.${head}.${payload}`,
  }),
]

function inBothParts(what: string, encode: (text: string) => Uint8Array) {
  return {
    [`${what} in the header`]: headed(encode(HEADER_TEXT)),
    [`${what} in the payload`]: claiming(encode(CLAIMS_TEXT)),
  }
}
