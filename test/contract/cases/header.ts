import { createHash } from 'node:crypto'
import { selfSignedCertificate } from '../../support/certificate.ts'
import { generateKey } from '../../support/keys.ts'
import { encodePart, partsOf, signCompact } from '../../support/tokens.ts'
import { bearer, type ContractCase, each } from '../contract-case.ts'
import { attacker, claiming, headed, KEYS, token } from '../fixture.ts'
import { invalidToken, ok } from '../outcomes.ts'

const unsupported = invalidToken('unsupported_header')
const unknownKey = invalidToken('unknown_key')
const badAlgorithm = invalidToken('unsupported_algorithm')

const payload = partsOf(token())[1]
/** With no `kid`, so that the right key is tried: what is in the header must not be tried instead. */
const byAttacker = (header: Record<string, unknown>, kid?: string) =>
  token({ key: attacker, header: { kid, ...header } })
const unsecured = (alg: string) => `${encodePart({ alg, typ: 'at+jwt' })}.${payload}.`

const certificate = selfSignedCertificate(attacker)
const thumbprint = (hash: string) => createHash(hash).update(certificate).digest('base64url')
const hints = {
  x5u: { x5u: 'https://attacker.example.com/certificate.pem' },
  x5c: { x5c: [certificate.toString('base64')] },
  x5t: { x5t: thumbprint('sha1') },
  'x5t#S256': { 'x5t#S256': thumbprint('sha256') },
}
const { d, ...publicJwk } = attacker.privateKey.export({ format: 'jwk' })

/** What a careless reader puts into a response header, a log line, a query, or a file name. */
const POISON = {
  'a quote and a parameter': 'x", error="none',
  'a backslash': 'x\\',
  'a line break and a header': 'x\r\nSet-Cookie: a=b',
  'a letter outside ASCII': '\u00e9',
  'a letter outside latin1': '\u0100',
  'an emoji': '\u{1f43b}',
  'a lone surrogate': '\ud800',
  'a right-to-left override': '\u202e',
}
const poisoned = (mint: (text: string) => string) =>
  Object.fromEntries(Object.entries(POISON).map(([what, text]) => [what, mint(text)]))

/** The JOSE header (RFC 7515 section 4): what it may say, and that it supplies no keys. */
export const header: readonly ContractCase[] = [
  ...each(['7515-06'], 'wants an algorithm', badAlgorithm, {
    absent: headed({ alg: undefined }),
    'an empty text': headed({ alg: '' }),
    null: headed({ alg: null }),
    'a number': headed({ alg: 0 }),
    'an array': headed({ alg: ['ES256'] }),
    'an object': headed({ alg: {} }),
  }),
  ...each(['9068-07', '7518-32'], 'takes no unsecured token', invalidToken('malformed_token'), {
    none: unsecured('none'),
    None: unsecured('None'),
    nOnE: unsecured('nOnE'),
    NONE: unsecured('NONE'),
  }),
  ...each(['9068-07', '7518-32'], 'takes no unsecured token with a signature', badAlgorithm, {
    'none, and anything': `${unsecured('none')}AAAA`,
    'none, and the right signature': headed({ alg: 'none' }),
    'None, and the right signature': headed({ alg: 'None' }),
    'nOnE, and the right signature': headed({ alg: 'nOnE' }),
    'NONE, and the right signature': headed({ alg: 'NONE' }),
  }),
  ...each(['8725bis-05'], 'compares algorithms byte for byte', badAlgorithm, {
    nOnE: headed({ alg: 'nOnE' }),
    NONE: headed({ alg: 'NONE' }),
    rs256: token({ key: KEYS.rs256, header: { alg: 'rs256' } }),
    'a space behind': token({ key: KEYS.rs256, header: { alg: 'RS256 ' } }),
    'a space in front': token({ key: KEYS.rs256, header: { alg: ' RS256' } }),
    'NUL behind': token({ key: KEYS.rs256, header: { alg: 'RS256\0' } }),
  }),
  ...each([], 'takes no other algorithm', badAlgorithm, {
    RS1: headed({ alg: 'RS1' }),
    HS1: headed({ alg: 'HS1' }),
    ES256K: headed({ alg: 'ES256K' }),
    dir: headed({ alg: 'dir' }),
    A128KW: headed({ alg: 'A128KW' }),
    toString: headed({ alg: 'toString' }),
    'the name of the prototype': headed({ alg: '__proto__' }),
  }),

  ...each(['7515-07'], 'passes over a parameter that it does not know', ok(), {
    two: headed({ iat: 1, 'https://example.com/x': { y: [1] } }),
  }),
  ...each(['7515-08'], 'refuses a critical parameter that it does not know', unsupported, {
    exp: headed({ crit: ['exp'], exp: 4_000_000_000 }),
  }),
  ...each(['7515-09'], 'refuses a malformed list of critical parameters', unsupported, {
    'an empty list': headed({ crit: [] }),
    'a text': headed({ crit: 'b64', b64: true }),
    'a name twice': headed({ crit: ['x', 'x'], x: 1 }),
    'a name that is not there': headed({ crit: ['x'] }),
    'a number': headed({ crit: [1] }),
    'an empty name': headed({ crit: [''], '': 1 }),
    null: headed({ crit: null }),
  }),
  ...each(
    ['7515-10'],
    'refuses a list of critical parameters that names a registered one',
    unsupported,
    {
      alg: headed({ crit: ['alg'] }),
      kid: headed({ crit: ['kid'] }),
    },
  ),
  ...each(['7797-11'], 'refuses a payload option, whatever it says', unsupported, {
    'false, critical': headed({ b64: false, crit: ['b64'] }),
    'false, not critical': headed({ b64: false }),
    'true, not critical': headed({ b64: true }),
    'true, critical': headed({ b64: true, crit: ['b64'] }),
    'a text': headed({ b64: 'false' }),
  }),

  ...each(['7515-12'], 'takes no key from the header', invalidToken('invalid_signature'), {
    'a public key': byAttacker({ jwk: publicJwk }),
    'a private key': byAttacker({ jwk: { ...publicJwk, d } }),
    'a key that calls itself ours': byAttacker(
      { jwk: { ...publicJwk, kid: KEYS.es256.kid } },
      KEYS.es256.kid,
    ),
  }),
  ...each(['7515-12'], 'takes no key from the header', unknownKey, {
    'under the name of the header': byAttacker({ jwk: attacker.jwk }, attacker.kid),
  }),
  ...each(
    ['7515-13'],
    'takes no key from a certificate',
    invalidToken('invalid_signature'),
    Object.fromEntries(Object.entries(hints).map(([name, hint]) => [name, byAttacker(hint)])),
  ),
  ...each(
    ['7515-13'],
    'lets no certificate stand against the right key',
    ok(),
    Object.fromEntries(Object.entries(hints).map(([name, hint]) => [name, headed(hint)])),
  ),
  ...(['jku', 'x5u'] as const).flatMap((name): readonly ContractCase[] => [
    {
      ids: ['8725-16'],
      title: `fetches nothing from ${name}, for a forged token`,
      request: (canary) => bearer(byAttacker({ [name]: `${canary}/attacker.json` })),
      outcome: invalidToken('invalid_signature'),
    },
    {
      ids: ['8725-16'],
      title: `fetches nothing from ${name}, for a key that is not known`,
      request: (canary) => bearer(byAttacker({ [name]: `${canary}/attacker.json` }, attacker.kid)),
      outcome: unknownKey,
    },
    {
      ids: ['8725-16'],
      title: `fetches nothing from ${name}, for a good token`,
      request: (canary) => bearer(headed({ [name]: `${canary}/attacker.json` })),
      outcome: ok(),
    },
    {
      ids: ['8725-16'],
      title: `does not fall over an address in ${name} that is none`,
      request: bearer(headed({ [name]: ['file:///etc/passwd'] })),
      outcome: ok(),
    },
  ]),

  ...each(['7515-14'], 'wants a text for a key id', unsupported, {
    'a number': headed({ kid: 1 }),
    null: headed({ kid: null }),
    'an array': headed({ kid: [KEYS.es256.kid] }),
    'an object': headed({ kid: { $ne: null } }),
  }),
  ...each(['7515-14'], 'compares key ids byte for byte', unknownKey, {
    'upper case': headed({ kid: KEYS.es256.kid.toUpperCase() }),
    'lower case': headed({ kid: KEYS.es256.kid.toLowerCase() }),
    'a space behind': headed({ kid: `${KEYS.es256.kid} ` }),
    'an empty text': headed({ kid: '' }),
  }),
  ...each(['8725-15'], 'looks a key id up and does nothing else with it', unknownKey, {
    'a path': headed({ kid: '../../etc/passwd' }),
    'an empty file': headed({ kid: '/dev/null' }),
    SQL: headed({ kid: "' OR 1=1--" }),
    'a union': headed({ kid: "k1' UNION SELECT 'x'--" }),
    LDAP: headed({ kid: '*)(uid=*' }),
    'a command': headed({ kid: '|id; $(id)' }),
    'the name of the prototype': headed({ kid: '__proto__' }),
    constructor: headed({ kid: 'constructor' }),
    'an index': headed({ kid: '0' }),
    '10 kB': headed({ kid: 'k'.repeat(10_000) }),
    'control characters': headed({ kid: '\0\x01\x1b[2J\x7f' }),
  }),
  ...each(['8725-15'], 'makes no key of what a key id points at', unknownKey, {
    'an empty secret': signCompact(
      { alg: 'ES256', typ: 'at+jwt', kid: '/dev/null' },
      Buffer.from(payload, 'base64url'),
      'ES256',
      generateKey('ES256').privateKey,
    ),
  }),

  ...each(
    ['6750-14'],
    'answers in fixed texts',
    unknownKey,
    poisoned((kid) => headed({ kid })),
  ),
  ...each(
    ['6750-14'],
    'answers in fixed texts about alg',
    badAlgorithm,
    poisoned((alg) => headed({ alg })),
  ),
  ...each(
    ['6750-14'],
    'answers in fixed texts about typ',
    invalidToken('wrong_token_type'),
    poisoned((typ) => headed({ typ })),
  ),
  ...each(
    ['6750-14'],
    'answers in fixed texts about crit',
    unsupported,
    poisoned((text) => headed({ crit: [text] })),
  ),
  ...each(
    ['6750-14'],
    'answers in fixed texts about iss',
    invalidToken('unknown_issuer'),
    poisoned((iss) => claiming({ iss })),
  ),
  ...each(
    ['6750-14'],
    'answers in fixed texts about aud',
    invalidToken('wrong_audience'),
    poisoned((aud) => claiming({ aud })),
  ),
  ...each(
    ['6750-14'],
    'answers in fixed texts about exp',
    invalidToken('invalid_claim'),
    poisoned((exp) => claiming({ exp })),
  ),
]
