import { createHash, createSecretKey } from 'node:crypto'
import { selfSignedCertificate } from '../../support/certificate.ts'
import { encodePart, splitToken, signCompact } from '../../support/tokens.ts'
import { issuerC } from '../configurations.ts'
import { bearer, type ContractCase, each } from '../contract-case.ts'
import { attacker, claiming, headed, KEYS, token, USUAL_CLAIMS } from '../fixture.ts'
import { invalidToken, ok } from '../outcomes.ts'

const unsupported = invalidToken('unsupported_header')
const unknownKey = invalidToken('unknown_key')
const badAlgorithm = invalidToken('unsupported_algorithm')

const payload = splitToken(token())[1]
/** Creates a token signed by the attacker. If it has no `kid`, only the keys of the issuer are tried. */
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

/** Texts that cause injection if code copies them into a response header, a log line, a query or a file name. */
const UNSAFE_TEXTS = {
  'a quote and a parameter': 'x", error="none',
  'a backslash': 'x\\',
  'a line break and a header': 'x\r\nSet-Cookie: a=b',
  'a letter outside ASCII': '\u00e9',
  'a letter outside latin1': '\u0100',
  'an emoji': '\u{1f43b}',
  'a lone surrogate': '\ud800',
  'a right-to-left override': '\u202e',
}
const withUnsafeTexts = (mint: (text: string) => string) =>
  Object.fromEntries(Object.entries(UNSAFE_TEXTS).map(([what, text]) => [what, mint(text)]))

/** Cases for the JOSE header (RFC 7515 section 4): its parameters are checked, and it supplies no keys. */
export const header: readonly ContractCase[] = [
  ...each(['7515-06'], 'rejects a header without a valid algorithm', badAlgorithm, {
    absent: headed({ alg: undefined }),
    'an empty string': headed({ alg: '' }),
    null: headed({ alg: null }),
    'a number': headed({ alg: 0 }),
    'an array': headed({ alg: ['ES256'] }),
    'an object': headed({ alg: {} }),
  }),
  ...each(['9068-07', '7518-32'], 'rejects an unsecured token', invalidToken('malformed_token'), {
    none: unsecured('none'),
    None: unsecured('None'),
    nOnE: unsecured('nOnE'),
    NONE: unsecured('NONE'),
  }),
  ...each(['9068-07', '7518-32'], 'rejects alg none with a signature', badAlgorithm, {
    'none and any signature': `${unsecured('none')}AAAA`,
    'none and the right signature': headed({ alg: 'none' }),
    'None and the right signature': headed({ alg: 'None' }),
    'nOnE and the right signature': headed({ alg: 'nOnE' }),
    'NONE and the right signature': headed({ alg: 'NONE' }),
  }),
  ...each(
    ['8725bis-05'],
    'rejects an algorithm name that is not exactly a supported one',
    badAlgorithm,
    {
      nOnE: headed({ alg: 'nOnE' }),
      NONE: headed({ alg: 'NONE' }),
      rs256: token({ key: KEYS.rs256, header: { alg: 'rs256' } }),
      'a trailing space': token({ key: KEYS.rs256, header: { alg: 'RS256 ' } }),
      'a leading space': token({ key: KEYS.rs256, header: { alg: ' RS256' } }),
      'a trailing NUL': token({ key: KEYS.rs256, header: { alg: 'RS256\0' } }),
    },
  ),
  ...each([], 'rejects an unsupported algorithm', badAlgorithm, {
    RS1: headed({ alg: 'RS1' }),
    HS1: headed({ alg: 'HS1' }),
    ES256K: headed({ alg: 'ES256K' }),
    dir: headed({ alg: 'dir' }),
    A128KW: headed({ alg: 'A128KW' }),
    toString: headed({ alg: 'toString' }),
    __proto__: headed({ alg: '__proto__' }),
  }),

  ...each(['7515-07'], 'accepts a token with an unknown header parameter', ok(), {
    'iat and a URL': headed({ iat: 1, 'https://example.com/x': { y: [1] } }),
  }),
  ...each(['7515-08'], 'rejects an unknown critical header parameter', unsupported, {
    exp: headed({ crit: ['exp'], exp: 4_000_000_000 }),
  }),
  ...each(['7515-09'], 'rejects a malformed crit list', unsupported, {
    'an empty list': headed({ crit: [] }),
    'a string': headed({ crit: 'b64', b64: true }),
    'a name twice': headed({ crit: ['x', 'x'], x: 1 }),
    'a name without its parameter': headed({ crit: ['x'] }),
    'a number': headed({ crit: [1] }),
    'an empty name': headed({ crit: [''], '': 1 }),
    null: headed({ crit: null }),
  }),
  ...each(['7515-10'], 'rejects a crit list that names a registered parameter', unsupported, {
    alg: headed({ crit: ['alg'] }),
    kid: headed({ crit: ['kid'] }),
  }),
  ...each(['7797-11'], 'rejects the b64 parameter with every value', unsupported, {
    'false, critical': headed({ b64: false, crit: ['b64'] }),
    'false, not critical': headed({ b64: false }),
    'true, not critical': headed({ b64: true }),
    'true, critical': headed({ b64: true, crit: ['b64'] }),
    'a string': headed({ b64: 'false' }),
  }),

  ...each(
    ['7515-12'],
    'rejects a token that is signed with the key in its header',
    invalidToken('invalid_signature'),
    {
      'a public key': byAttacker({ jwk: publicJwk }),
      'a private key': byAttacker({ jwk: { ...publicJwk, d } }),
      'a key with the kid of the issuer': byAttacker(
        { jwk: { ...publicJwk, kid: KEYS.es256.kid } },
        KEYS.es256.kid,
      ),
    },
  ),
  ...each(['7515-12'], 'rejects a token that is signed with the key in its header', unknownKey, {
    'a kid that only the key in the header has': byAttacker({ jwk: attacker.jwk }, attacker.kid),
  }),
  ...each(
    ['7515-13'],
    'rejects a token that is signed with the key of a certificate that its header contains or names',
    invalidToken('invalid_signature'),
    Object.fromEntries(Object.entries(hints).map(([name, hint]) => [name, byAttacker(hint)])),
  ),
  ...each(
    ['7515-13'],
    'accepts a token signed with the right key, with the certificate of another key in its header',
    ok(),
    Object.fromEntries(Object.entries(hints).map(([name, hint]) => [name, headed(hint)])),
  ),
  ...(['jku', 'x5u'] as const).flatMap((name): readonly ContractCase[] => [
    {
      ids: ['8725-16'],
      title: `rejects a forged token, and sends no request to the URL in ${name}`,
      request: (serverUrl) => bearer(byAttacker({ [name]: `${serverUrl}/attacker.json` })),
      outcome: invalidToken('invalid_signature'),
    },
    {
      ids: ['8725-16'],
      title: `rejects a token with an unknown kid, and sends no request to the URL in ${name}`,
      request: (serverUrl) =>
        bearer(byAttacker({ [name]: `${serverUrl}/attacker.json` }, attacker.kid)),
      outcome: unknownKey,
    },
    {
      ids: ['8725-16'],
      title: `accepts a valid token, and sends no request to the URL in ${name}`,
      request: (serverUrl) => bearer(headed({ [name]: `${serverUrl}/attacker.json` })),
      outcome: ok(),
    },
    {
      ids: ['8725-16'],
      title: `accepts a token whose ${name} is not a URL`,
      request: bearer(headed({ [name]: ['file:///etc/passwd'] })),
      outcome: ok(),
    },
  ]),

  ...each(['7515-14'], 'rejects a kid that is not a string', unsupported, {
    'a number': headed({ kid: 1 }),
    null: headed({ kid: null }),
    'an array': headed({ kid: [KEYS.es256.kid] }),
    'an object': headed({ kid: { $ne: null } }),
  }),
  ...each(['7515-14'], 'rejects a kid that is not exactly the kid of a key', unknownKey, {
    'upper case': headed({ kid: KEYS.es256.kid.toUpperCase() }),
    'lower case': headed({ kid: KEYS.es256.kid.toLowerCase() }),
    'a trailing space': headed({ kid: `${KEYS.es256.kid} ` }),
    'an empty string': headed({ kid: '' }),
  }),
  ...each(['8725-15'], 'rejects an unknown kid that has a meaning for other software', unknownKey, {
    'a path': headed({ kid: '../../etc/passwd' }),
    'the path of an empty file': headed({ kid: '/dev/null' }),
    SQL: headed({ kid: "' OR 1=1--" }),
    'an SQL union': headed({ kid: "k1' UNION SELECT 'x'--" }),
    LDAP: headed({ kid: '*)(uid=*' }),
    'a shell command': headed({ kid: '|id; $(id)' }),
    __proto__: headed({ kid: '__proto__' }),
    constructor: headed({ kid: 'constructor' }),
    'an index': headed({ kid: '0' }),
    '10 kB': headed({ kid: 'k'.repeat(10_000) }),
    'control characters': headed({ kid: '\0\x01\x1b[2J\x7f' }),
  }),
  ...each(
    ['8725-15'],
    'rejects an HMAC whose secret is the content of the file that its kid names',
    invalidToken('invalid_signature'),
    {
      '/dev/null, with an empty secret': signCompact(
        { alg: 'HS256', typ: 'at+jwt', kid: '/dev/null' },
        { ...USUAL_CLAIMS, iss: issuerC.issuer },
        'HS256',
        createSecretKey(Buffer.alloc(0)),
      ),
    },
    { configuration: 'several issuers' },
  ),

  ...each(
    ['6750-14'],
    'sends a fixed error text for a kid with unsafe text',
    unknownKey,
    withUnsafeTexts((kid) => headed({ kid })),
  ),
  ...each(
    ['6750-14'],
    'sends a fixed error text for an alg with unsafe text',
    badAlgorithm,
    withUnsafeTexts((alg) => headed({ alg })),
  ),
  ...each(
    ['6750-14'],
    'sends a fixed error text for a typ with unsafe text',
    invalidToken('wrong_token_type'),
    withUnsafeTexts((typ) => headed({ typ })),
  ),
  ...each(
    ['6750-14'],
    'sends a fixed error text for a crit with unsafe text',
    unsupported,
    withUnsafeTexts((text) => headed({ crit: [text] })),
  ),
  ...each(
    ['6750-14'],
    'sends a fixed error text for an iss with unsafe text',
    invalidToken('unknown_issuer'),
    withUnsafeTexts((iss) => claiming({ iss })),
  ),
  ...each(
    ['6750-14'],
    'sends a fixed error text for an aud with unsafe text',
    invalidToken('wrong_audience'),
    withUnsafeTexts((aud) => claiming({ aud })),
  ),
  ...each(
    ['6750-14'],
    'sends a fixed error text for an exp with unsafe text',
    invalidToken('invalid_claim'),
    withUnsafeTexts((exp) => claiming({ exp })),
  ),
]
