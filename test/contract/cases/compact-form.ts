import { CompactEncrypt } from 'jose'
import { encodePart, partsOf } from '../../support/tokens.ts'
import { type ContractCase, each, withCredentials } from '../contract-case.ts'
import {
  claimsText,
  claiming,
  forged,
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
const [head, payload, signature] = partsOf(T)
const CLAIMS_TEXT = JSON.stringify(USUAL_CLAIMS)
const { iss, ...otherClaims } = USUAL_CLAIMS

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** JSON of the same meaning whose base64url leaves bits of its last character unused. */
function ragged(json: string): string {
  return json.length % 3 === 0 ? `${json} ` : json
}

/** Another spelling of the same bytes: one of the unused bits set. */
function respelt(part: string): string {
  return part.slice(0, -1) + ALPHABET[ALPHABET.indexOf(part.at(-1)!) | 1]!
}

/** JSON of the same meaning plus a member that base64 spells with the two characters in question. */
function marked(json: string): string {
  return `${json.slice(0, -1)},"x":"${'?>~'.repeat(9)}"}`
}

/** The same bytes in the alphabet of RFC 4648 section 4. */
function inStandardAlphabet(part: string): string {
  const text = part.replace(/-/g, '+').replace(/_/g, '/')
  if (text === part) throw new Error('this part is the same in both alphabets')
  return text
}

function tokenWithMarkedSignature(): string {
  const minted = token()
  return /[-_]/.test(partsOf(minted)[2]) ? minted : tokenWithMarkedSignature()
}
const [mHead, mPayload, mSignature] = partsOf(tokenWithMarkedSignature())

const UTF16LE = (text: string) => Buffer.from(text, 'utf16le')
const UTF16BE = (text: string) => UTF16LE(text).swap16()
const UTF32LE = (text: string) => Buffer.from(Uint32Array.from(Buffer.from(text)).buffer)
const UTF32BE = (text: string) => UTF32LE(text).swap32()
/** A byte that UTF-8 never has, inside a string. */
const NOT_UTF8 = (text: string) => Buffer.from(marked(text).replace('>', '\xff'), 'latin1')
/** A slash that is written in two bytes. */
const OVERLONG = (text: string) => Buffer.from(marked(text).replace('>', '\xc0\xaf'), 'latin1')
const BOM = (text: string) => Buffer.from(`\ufeff${text}`)

/** A JWE of five parts; nothing needs to be inside it to be refused. */
const jwe = (header: Record<string, unknown>) =>
  [encodePart(header), 'AAAA', 'AAAA', 'AAAA', 'AAAA'].join('.')

/** What CVE-2026-29000 let pass: anybody can encrypt to a public key. */
const encryptedUnsecured = await new CompactEncrypt(
  Buffer.from(`${encodePart({ alg: 'none' })}.${payload}.`),
)
  .setProtectedHeader({ alg: 'RSA-OAEP-256', enc: 'A256GCM', cty: 'JWT', kid: KEYS.rs256.kid })
  .encrypt(KEYS.rs256.publicKey)

const flattened = JSON.stringify({ protected: head, payload, signature })
const general = JSON.stringify({ payload, signatures: [{ protected: head, signature }] })

const nested = (depth: number) => `${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}`

/** The compact serialization and the JSON in it (RFC 7515 sections 5.2 and 7.1, RFC 7519 section 7.2). */
export const compactForm: readonly ContractCase[] = [
  ...each(['7515-01'], 'takes three parts that are not empty', malformed, {
    'one part': head,
    'two parts': `${head}.${payload}`,
    'four parts': `${T}.${signature}`,
    'five parts': `${T}.${signature}.${signature}`,
    'an empty header': signSpelling('', payload),
    'an empty payload': signSpelling(head, ''),
    'an empty signature': `${head}.${payload}.`,
    'dots alone': '..',
  }),
  ...each(['7515-02'], 'takes base64url without padding', malformed, {
    'padding behind the signature': `${T}=`,
    'padding twice': `${T}==`,
  }),
  ...each(['7515-02'], 'takes base64url without padding', invalidRequest('malformed_credentials'), {
    'padding in the header': signSpelling(`${head}=`, payload),
    'padding in the payload': signSpelling(head, `${payload}=`),
  }),
  ...each(['7515-02'], 'takes base64url without blanks', invalidRequest('malformed_credentials'), {
    'a space': signSpelling(head, `${payload.slice(0, 8)} ${payload.slice(8)}`),
    'a tab': signSpelling(head, `${payload.slice(0, 8)}\t${payload.slice(8)}`),
  }),
  ...each(['7515-02'], 'never sees a line break', unparsed(400), {
    'in the payload': `${head}.${payload.slice(0, 8)}\n${payload.slice(8)}.${signature}`,
  }),
  ...each(['7515-02'], 'takes base64url and not base64', malformed, {
    'in the header': signSpelling(inStandardAlphabet(encodePart(marked(HEADER_TEXT))), payload),
    'in the payload': signSpelling(head, inStandardAlphabet(encodePart(marked(CLAIMS_TEXT)))),
    'in the signature': `${mHead}.${mPayload}.${inStandardAlphabet(mSignature)}`,
  }),
  ...each(['7515-02'], 'takes an unusual member spelt in base64url', ok(), {
    'in both parts': signSpelling(encodePart(marked(HEADER_TEXT)), encodePart(marked(CLAIMS_TEXT))),
  }),
  ...each(['7515-03'], 'takes one spelling of the same bytes', malformed, {
    'another of the header': signSpelling(respelt(encodePart(ragged(HEADER_TEXT))), payload),
    'another of the payload': signSpelling(head, respelt(encodePart(ragged(CLAIMS_TEXT)))),
    'another of the signature': `${head}.${payload}.${respelt(signature)}`,
    'an impossible length': `${head}.${payload}.${signature}AAA`,
  }),
  ...each(['7515-15'], 'verifies the bytes that came, not what they mean', ok(), {
    'blanks and line breaks': token({
      header: `  ${HEADER_TEXT.replaceAll(',', ' ,\n\t')}  `,
      claims: JSON.stringify(USUAL_CLAIMS, undefined, 4),
    }),
    escapes: token({
      header: HEADER_TEXT.replace('ES256"', '\\u0045S256"'),
      claims: CLAIMS_TEXT.replace('https:', 'https\\u003a').replaceAll('/', '\\/'),
    }),
    'another order': claiming(JSON.stringify({ ...otherClaims, iss })),
  }),

  ...each(['7515-04'], 'takes one JSON object for a header', malformed, {
    'an array': headed('[]'),
    'a text': headed('"x"'),
    null: headed('null'),
    'two objects': headed(`${HEADER_TEXT} {}`),
    'a trailing comma': headed(HEADER_TEXT.replace('}', ',}')),
    'a byte order mark': headed(BOM(HEADER_TEXT)),
    'a comment': headed(HEADER_TEXT.replace('}', '/* */}')),
    'no JSON': headed('x'),
    'blanks alone': headed('   '),
    'single quotes': headed(HEADER_TEXT.replaceAll('"', "'")),
  }),
  ...each(['7519-36'], 'takes one JSON object for a claims set', malformed, {
    'an array': claiming('[]'),
    'the claims in an array': claiming(`[${CLAIMS_TEXT}]`),
    'a text': claiming('"x"'),
    'a number': claiming('1'),
    null: claiming('null'),
    'no JSON': claiming('x'),
    'a byte order mark': claiming(BOM(CLAIMS_TEXT)),
  }),
  ...each(['8725-11'], 'reads UTF-8 and nothing else', malformed, {
    ...inBothParts('UTF-16LE', UTF16LE),
    ...inBothParts('UTF-16BE', UTF16BE),
    ...inBothParts('UTF-32LE', UTF32LE),
    ...inBothParts('UTF-32BE', UTF32BE),
    ...inBothParts('a byte that UTF-8 never has', NOT_UTF8),
    ...inBothParts('an overlong character', OVERLONG),
  }),
  ...each(['7515-05'], 'refuses a header parameter that is written twice', malformed, {
    'the last one none': headed(HEADER_TEXT.replace('}', ',"alg":"none"}')),
    'the first one none': headed(HEADER_TEXT.replace('{', '{"alg":"none",')),
    'both the same': headed(HEADER_TEXT.replace('}', ',"alg":"ES256"}')),
    'with an escape': headed(HEADER_TEXT.replace('}', ',"\\u0061lg":"none"}')),
    'deeper down': headed(HEADER_TEXT.replace('}', ',"jwk":{"x":1,"x":2}}')),
  }),
  ...each(['7519-37'], 'refuses a claim that is written twice', malformed, {
    'two values': claiming(claimsText('"sub":"alice"')),
    'one value': claiming(claimsText('"sub":"reports-cron"')),
    'with an escape': claiming(claimsText('"s\\u0075b":"alice"')),
    'deeper down': claiming(claimsText('"act":{"sub":"a","sub":"b"}')),
    'in an array': claiming(claimsText('"x":[{"a":1,"a":2}]')),
    'the name of the prototype': claiming(claimsText('"__proto__":{},"__proto__":{}')),
  }),
  ...each(['7519-47'], 'reads the name of a claim without its escapes', ok(), {
    iss: claiming(CLAIMS_TEXT.replace('"iss"', '"\\u0069ss"')),
  }),
  ...each(['7519-47'], 'counts a name with escapes as the name it is', malformed, {
    iss: claiming(claimsText('"\\u0069ss":"https://as.example.com"')),
  }),
  ...each(['7519-46'], 'drops a claim that would become a prototype', ok({ scopes: ['read'] }), {
    'the name of the prototype': claiming(claimsText('"__proto__":{"admin":true,"scope":"write"}')),
    'with an escape': claiming(claimsText('"__pr\\u006fto__":{"admin":true}')),
    'deeper down': claiming(claimsText('"address":{"__proto__":{"admin":true}}')),
  }),
  ...each(
    ['7519-46'],
    'keeps a claim that is called as something inherited',
    ok({ claims: { hasOwnProperty: 'x', toString: 'y', valueOf: { admin: true } } }),
    { three: claiming(claimsText('"hasOwnProperty":"x","toString":"y","valueOf":{"admin":true}')) },
  ),
  ...each(['7519-46'], 'keeps a claim that is called constructor', ok(), {
    constructor: claiming(claimsText('"constructor":{"prototype":{"admin":true}}')),
  }),
  ...each([], 'reads 32 levels of nesting', ok(), {
    'in the claims': claiming(claimsText(`"x":${nested(32)}`)),
  }),
  ...each([], 'reads no deeper than 32 levels', malformed, {
    'in the claims': claiming(claimsText(`"x":${nested(33)}`)),
    'in the header': headed(HEADER_TEXT.replace('}', `,"x":${nested(33)}}`)),
    'far deeper': claiming(claimsText(`"x":${nested(4000)}`)),
  }),

  ...each(['9068-16', '7516-17'], 'refuses encrypted tokens unopened', malformed, {
    dir: jwe({ alg: 'dir', enc: 'A256GCM' }),
    RSA1_5: jwe({ alg: 'RSA1_5', enc: 'A128CBC-HS256' }),
    'RSA-OAEP-256': jwe({ alg: 'RSA-OAEP-256', enc: 'A256GCM', typ: 'at+jwt' }),
  }),
  ...each(['8725-08'], 'agrees on no key with anybody', malformed, {
    'a point that is not on its curve': jwe({
      alg: 'ECDH-ES',
      enc: 'A256GCM',
      epk: { kty: 'EC', crv: 'P-256', x: 'A'.repeat(43), y: 'A'.repeat(43) },
    }),
  }),
  ...each(['8725-10'], 'refuses compressed tokens', malformed, {
    'a JWE': jwe({ alg: 'dir', enc: 'A256GCM', zip: 'DEF' }),
  }),
  ...each(['8725-10'], 'refuses compressed tokens', invalidToken('unsupported_header'), {
    'a JWS': headed({ zip: 'DEF' }),
  }),
  ...each(['8725bis-07'], 'takes nothing that is encrypted for signed', malformed, {
    'an unsecured token, encrypted to a public key of the issuer': encryptedUnsecured,
  }),
  ...each(
    ['8725bis-07'],
    'takes nothing that is encrypted for signed',
    invalidToken('unsupported_header'),
    {
      'a signed token with the header of a JWE': headed({ enc: 'A256GCM' }),
    },
  ),
  ...each(['8725bis-20'], 'derives no key from a password', malformed, {
    'a JWE': jwe({ alg: 'PBES2-HS256+A128KW', enc: 'A128GCM', p2c: 2_147_483_647, p2s: 'AAAA' }),
  }),
  ...each(['8725bis-20'], 'derives no key from a password', invalidToken('unsupported_algorithm'), {
    'a JWS': headed({ alg: 'PBES2-HS256+A128KW', p2c: 2_147_483_647, p2s: 'AAAA' }),
  }),
  ...each(['8725bis-21'], 'takes no other serialization', invalidRequest('multiple_credentials'), {
    flattened: withCredentials(`Bearer ${flattened}`),
    general: withCredentials(`Bearer ${general}`),
  }),
  ...each(['8725bis-21'], 'takes no other serialization', malformed, {
    'flattened, in base64url': encodePart(flattened),
    'general, in base64url': encodePart(general),
  }),
  ...each(['8725bis-21'], 'takes no other characters', malformed, {
    'a tilde and a disclosure behind': `${T}~${encodePart('["salt","sub","alice"]')}~`,
    'a tilde in front': `~${T}`,
    'a plus': `+${T}`,
    'a slash': `${T}/`,
  }),
  ...each([], 'takes parts of one token only', invalidToken('invalid_signature'), {
    'the payload of another': `${head}.${encodePart(CLAIMS_TEXT.replace('read', 'admin'))}.${signature}`,
    'the signature of another': forged(T),
  }),
  ...each([], 'takes the parts in their order', malformed, {
    'signature first': `${signature}.${head}.${payload}`,
  }),
]

function inBothParts(what: string, encode: (text: string) => Uint8Array) {
  return {
    [`${what} in the header`]: headed(encode(HEADER_TEXT)),
    [`${what} in the payload`]: claiming(encode(CLAIMS_TEXT)),
  }
}
