import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { generateKey } from '../../support/keys.ts'
import {
  boundTo,
  createNonce,
  generateProofKey,
  hashText,
  type ProofKey,
  toThumbprint,
} from '../../support/proofs.ts'
import { NONCE_SECRETS, PUBLIC_URL } from '../configurations.ts'
import { type ContractCase, each } from '../contract-case.ts'
import { attacker, claiming, NOW, token } from '../fixture.ts'
import {
  invalidProof,
  invalidToken,
  nonceRequired,
  ok,
  unavailable,
  withDpop,
} from '../outcomes.ts'
import { BOUND, KEY, withProof, type ProofDifferences, withEachProof } from '../prove.ts'

const accepted = { configuration: "dpop.mode 'accept'" } as const
const exact = { configuration: "dpop.mode 'accept', clockTolerance 0" } as const
const withNonces = { configuration: 'dpop.nonce is set' } as const
const withPath = { configuration: "dpop.mode 'accept', publicUrl with a path" } as const

const proved = ok({ bindings: ['dpop'], clientId: 'reports-cron' })
const invalid = withDpop(invalidProof('invalid_proof'), 'DPoP')
const wrongKey = withDpop(invalidToken('wrong_proof_key'), 'DPoP')

/** Returns one case for each difference from a valid request. */
function proofs(
  ids: readonly string[],
  title: string,
  outcome: ContractCase['outcome'],
  differences: Readonly<Record<string, ProofDifferences>>,
  more: Pick<ContractCase, 'configuration' | 'requirements'> = accepted,
): readonly ContractCase[] {
  return each(ids, title, outcome, withEachProof(differences), more)
}

const refusesProof = (
  ids: readonly string[],
  what: string,
  differences: Record<string, ProofDifferences>,
) => proofs(ids, `refuses a proof ${what}`, invalid, differences)

const claims = (part: object): ProofDifferences => ({ proof: { claims: { ...part } } })
const header = (part: object): ProofDifferences => ({ proof: { header: { ...part } } })
const htu = (create: (path: string) => string): ProofDifferences => ({ htu: create })
/** A text instead of the proof. */
const written = (create: (proof: string) => string): ProofDifferences => ({
  lines: (proof) => [`DPoP: ${create(proof)}`],
})

/** Returns a proof by this key, and a token that is bound to the key. */
function by(key: ProofKey): ProofDifferences {
  return { proof: { key }, token: claiming(boundTo(key)) }
}

const rsa = generateProofKey('RS256')

/** Returns a proof whose header has a key that must not be used. The token is bound to this key. */
function withJwk(
  alg: string,
  jwk: Record<string, unknown>,
  members: readonly string[],
): ProofDifferences {
  const required = Object.fromEntries(members.map((name) => [name, jwk[name]]))
  return {
    proof: { header: { alg, jwk } },
    token: claiming({ cnf: { jkt: toThumbprint(required) } }),
  }
}

const privateJwk = KEY.privateKey.export({ format: 'jwk' })
const [EC, RSA, OKP] = [
  ['crv', 'kty', 'x', 'y'],
  ['e', 'kty', 'n'],
  ['crv', 'kty', 'x'],
]
const p384 = generateKey('ES384').publicKey.export({ format: 'jwk' })
const modulus = (bytes: number) => Buffer.alloc(bytes, 0xc5).toString('base64url')
const short = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({
  format: 'jwk',
})

/** Defects of a proof. `merge` puts two of them into one proof. */
const DEFECTS: readonly (readonly [name: string, difference: ProofDifferences])[] = [
  ['htm of another method', claims({ htm: 'POST' })],
  ['an old iat', claims({ iat: NOW - 66 })],
  ['ath of another token', claims({ ath: hashText('another token') })],
  ['jti as a number', claims({ jti: 1 })],
  ['htu of another address', claims({ htu: 'https://other.example.com/' })],
  ['another typ', header({ typ: 'JWT' })],
  ['an unknown crit', header({ crit: ['exp'] })],
  ['a signature of another key', { proof: { signedBy: attacker } }],
]

function merge(one: ProofDifferences, other: ProofDifferences): ProofDifferences {
  const part = (name: 'claims' | 'header') => ({
    ...(one.proof?.[name] as object),
    ...(other.proof?.[name] as object),
  })
  return { proof: { ...one.proof, ...other.proof, claims: part('claims'), header: part('header') } }
}

const pairs = DEFECTS.flatMap(([name, one], i) =>
  DEFECTS.slice(i + 1).map(
    ([otherName, other]) => [`${name}, and ${otherName}`, merge(one, other)] as const,
  ),
)

const nonce = (age: number, secret: Uint8Array = NONCE_SECRETS[0], resource = PUBLIC_URL) =>
  createNonce(secret, resource, NOW - age)
const asksForNonce = withDpop(nonceRequired(nonce(0)), 'DPoP')

/** Cases for proofs of possession (RFC 9449 section 4.3): which requests with a bound token are granted. */
export const dpop: readonly ContractCase[] = [
  ...proofs(['9449-27', '9700-15'], 'grants a bound token with a valid proof', proved, {
    'a GET request': {},
    'a POST request': { method: 'POST' },
    'a DELETE request': { method: 'DELETE' },
    'several spaces after the scheme': { scheme: 'DPoP  ' },
    'the scheme in lower case': { scheme: 'dpop' },
    'the scheme in upper case': { scheme: 'DPOP' },
    'the header name in lower case': { lines: (proof) => [`dpop: ${proof}`] },
    'the header name in upper case': { lines: (proof) => [`DPOP: ${proof}`] },
  }),
  ...proofs(['9449-05'], 'grants a proof of each accepted algorithm', proved, {
    EdDSA: by(generateProofKey('EdDSA')),
    Ed25519: by(generateProofKey('Ed25519')),
    PS256: by(generateProofKey('PS256')),
    RS256: by(rsa),
  }),

  ...refusesProof(['9449-01'], 'that is not in exactly one header line', {
    'two lines with the same proof': { lines: (proof) => [`DPoP: ${proof}`, `DPoP: ${proof}`] },
    'an invalid line first': { lines: (proof) => ['DPoP: a.b.c', `DPoP: ${proof}`] },
    'an invalid line last, in another case': {
      lines: (proof) => [`DPoP: ${proof}`, 'dpop: a.b.c'],
    },
  }),
  ...refusesProof(['9449-02'], 'that is not one JWT', {
    'two proofs, joined by a comma': written((proof) => `${proof}, ${proof}`),
    'two proofs, joined by a comma without a space': written((proof) => `${proof},${proof}`),
    'two proofs, joined by a space': written((proof) => `${proof} ${proof}`),
    'a comma after the proof': written((proof) => `${proof},`),
    'JSON text': written((proof) => JSON.stringify({ proof })),
    'two parts': written((proof) => proof.slice(0, proof.lastIndexOf('.'))),
    'four parts': written((proof) => `${proof}.AA`),
    'padded base64url': written((proof) => `${proof}=`),
    'quotes around the proof': written((proof) => `"${proof}"`),
    'a scheme before the proof': written((proof) => `DPoP ${proof}`),
  }),
  ...refusesProof(['9449-03'], 'without a required claim or header parameter', {
    'no jti': claims({ jti: undefined }),
    'no htm': claims({ htm: undefined }),
    'no htu': claims({ htu: undefined }),
    'no iat': claims({ iat: undefined }),
    'no ath': claims({ ath: undefined }),
    'no typ': header({ typ: undefined }),
    'no alg': header({ alg: undefined }),
    'no jwk': header({ jwk: undefined }),
  }),
  ...refusesProof(['9449-03'], 'with a claim or header parameter of a wrong type', {
    'an empty jti': claims({ jti: '' }),
    'jti is a number': claims({ jti: 1 }),
    'htm is an array': claims({ htm: ['GET'] }),
    'htu is an array': claims({ htu: [PUBLIC_URL] }),
    'iat is a string': claims({ iat: String(NOW) }),
    'ath is an array': claims({ ath: [hashText(BOUND)] }),
    'nonce is a number': claims({ nonce: 1 }),
    'typ is an array': header({ typ: ['dpop+jwt'] }),
    'alg is an array': header({ alg: ['ES256'] }),
    'jwk is a string': header({ jwk: JSON.stringify(KEY.publicJwk) }),
    'jwk is an array': header({ jwk: [KEY.publicJwk] }),
    'jwk is null': header({ jwk: null }),
  }),
  ...refusesProof(['9449-04'], 'with another typ', {
    JWT: header({ typ: 'JWT' }),
    'at+jwt': header({ typ: 'at+jwt' }),
    'upper case': header({ typ: 'DPOP+JWT' }),
    'a media type': header({ typ: 'application/dpop+jwt' }),
  }),
  ...refusesProof(['9449-05'], 'with an algorithm that is not accepted', {
    none: header({ alg: 'none' }),
    HS256: header({ alg: 'HS256' }),
    'ES384 by its own key': by(generateProofKey('ES384')),
    'lower case': header({ alg: 'es256' }),
  }),
  ...refusesProof(['9449-06'], 'without a valid signature of its key', {
    'a signature of an attacker': { proof: { signedBy: attacker } },
    'an empty signature': written((proof) => proof.slice(0, proof.lastIndexOf('.') + 1)),
    'a signature of zeros': written(
      (proof) => `${proof.slice(0, proof.lastIndexOf('.'))}.${'A'.repeat(86)}`,
    ),
  }),
  ...refusesProof(['9449-07'], 'with a private or symmetric key', {
    'a private member': header({ jwk: privateJwk }),
    'an empty private member': header({ jwk: { ...KEY.publicJwk, d: '' } }),
    'a symmetric key': withJwk('ES256', { kty: 'oct', k: modulus(32) }, ['k', 'kty']),
    'a symmetric key for HS256': withJwk('HS256', { kty: 'oct', k: modulus(32) }, ['k', 'kty']),
  }),
  ...refusesProof(['9449-08'], 'for another method', {
    'POST on a GET request': claims({ htm: 'POST' }),
    'get on a GET request': claims({ htm: 'get' }),
    'GET on a POST request': { method: 'POST', ...claims({ htm: 'GET' }) },
    'an empty method': claims({ htm: '' }),
  }),
  ...proofs(
    ['9449-09'],
    'grants a proof whose htu differs from the address only in the query or the fragment',
    proved,
    {
      'a query in the request': { query: '?x=1' },
      'another query in htu': { query: '?x=1', ...htu((path) => `${PUBLIC_URL}${path}?y=2#z`) },
      'a query in htu only': htu((path) => `${PUBLIC_URL}${path}?`),
      'an encoded question mark in the query': { query: '?/../%3F' },
    },
  ),
  ...refusesProof(['9449-10'], 'for another address', {
    'another scheme': htu((path) => `http://api.example.com${path}`),
    'another host': htu((path) => `https://api.example.com.evil.example${path}`),
    'another port': htu((path) => `https://api.example.com:8443${path}`),
    'the root': htu(() => `${PUBLIC_URL}/`),
    'a longer path': htu((path) => `${PUBLIC_URL}${path}0`),
    'a slash at the end': htu((path) => `${PUBLIC_URL}${path}/`),
    'two slashes before the path': htu((path) => `${PUBLIC_URL}/${path}`),
    'a character of the path that is encoded twice': htu(
      (path) => `${PUBLIC_URL}/%25${hex(path[1]!)}${path.slice(2)}`,
    ),
    'an encoded slash': htu((path) => `${PUBLIC_URL}/%2F${path.slice(1)}`),
    'a parameter in the path': htu((path) => `${PUBLIC_URL}${path};a=b`),
  }),
  ...proofs(
    ['9449-11'],
    'grants a proof whose htu is another spelling of the same address',
    proved,
    {
      'scheme and host in upper case': htu((path) => `HTTPS://API.EXAMPLE.COM${path}`),
      'the default port': htu((path) => `${PUBLIC_URL}:443${path}`),
      'an empty port': htu((path) => `${PUBLIC_URL}:${path}`),
      'an encoded digit': htu((path) => `${PUBLIC_URL}/%${hex(path[1]!)}${path.slice(2)}`),
      'dot segments': htu((path) => `${PUBLIC_URL}/a/./../.${path}`),
      'dot segments above the root': htu((path) => `${PUBLIC_URL}/../..${path}`),
      'encoded dot segments': htu((path) => `${PUBLIC_URL}/a/%2e%2E${path}`),
    },
  ),
  ...refusesProof(['9449-12'], 'whose htu is not an address', {
    'a user name': htu((path) => `https://user@api.example.com${path}`),
    'a user name and a password': htu((path) => `https://api.example.com:x@api.example.com${path}`),
    'a backslash': htu((path) => `https://api.example.com\\${path}`),
    'a scheme other than http and https': htu((path) => `ftp://api.example.com${path}`),
    'a relative address': htu((path) => path),
    'no scheme': htu((path) => `//api.example.com${path}`),
    'a space at the end': htu((path) => `${PUBLIC_URL}${path} `),
    'a letter outside ASCII': htu((path) => `https://api.ex\u00e4mple.com${path}`),
    'a full-width letter': htu((path) => `https://\uff41pi.example.com${path}`),
    'a NUL': htu((path) => `${PUBLIC_URL}${path}\0`),
    'more than 2048 characters': htu((path) => `${PUBLIC_URL}${path}/${'x'.repeat(2048)}`),
  }),
  ...proofs(['9449-13'], 'grants a proof whose iat is within the limits', proved, {
    'maxAge plus the clock tolerance ago': claims({ iat: NOW - 65 }),
    'the clock tolerance in the future': claims({ iat: NOW + 5 }),
    'a fraction of a second': claims({ iat: NOW - 0.5 }),
  }),
  ...refusesProof(['9449-13'], 'whose iat is outside the limits', {
    'one second too old': claims({ iat: NOW - 66 }),
    'half a second too old': claims({ iat: NOW - 65.5 }),
    'one second too far in the future': claims({ iat: NOW + 6 }),
    'the epoch': claims({ iat: 0 }),
    milliseconds: claims({ iat: NOW * 1000 }),
    ...Object.fromEntries(
      ['1e400', '-1e400', '-9223372036854775808', '1e308', 'null', 'true', `[${NOW}]`, '{}'].map(
        (iat) => [`iat is ${iat}`, iatAs(iat)],
      ),
    ),
  }),
  ...proofs(
    ['9449-13'],
    'grants a proof whose iat is now or exactly maxAge seconds ago',
    proved,
    { 'maxAge seconds ago': claims({ iat: NOW - 300 }), now: {} },
    exact,
  ),
  ...proofs(
    ['9449-13'],
    'refuses a proof whose iat is more than maxAge seconds ago, or in the future',
    invalid,
    {
      'one second too old': claims({ iat: NOW - 301 }),
      'one second in the future': claims({ iat: NOW + 1 }),
    },
    exact,
  ),
  ...refusesProof(['9449-14'], 'for another token', {
    'the hash of another token': claims({ ath: hashText(token()) }),
    'padded base64url': claims({ ath: `${hashText(BOUND)}=` }),
    hex: claims({ ath: Buffer.from(hashText(BOUND), 'base64url').toString('hex') }),
    'an empty text': claims({ ath: '' }),
    'the token itself': claims({ ath: BOUND }),
  }),
  ...proofs(
    ['9449-15'],
    'refuses a valid proof whose key is not the key to which the token is bound',
    wrongKey,
    {
      'a key of the same algorithm': { proof: { key: generateProofKey() } },
      'a key of another algorithm': { proof: { key: rsa } },
    },
  ),
  ...proofs(
    ['9449-16'],
    'grants a proof whose jwk has more members, or another order of members, than the key of the token',
    proved,
    {
      'more members': header({
        jwk: { ...KEY.publicJwk, kid: 'k', use: 'sig', alg: 'ES256', x5c: ['AA'], ext: true },
      }),
      'another order': header({
        jwk: Object.fromEntries(
          ['y', 'x', 'kty', 'crv'].map((name) => [name, KEY.publicJwk[name]]),
        ),
      }),
    },
  ),
  ...proofs(
    ['9449-17'],
    'refuses a bound token without a proof',
    withDpop(invalidProof('no_proof'), 'DPoP'),
    {
      'no header line': { lines: () => [] },
      'a proof in another header': { lines: (proof) => [`X-DPoP: ${proof}`, `Proof: ${proof}`] },
      'a proof in a cookie': { lines: (proof) => [`Cookie: DPoP=${proof}`] },
    },
  ),

  {
    ids: ['9449-36'],
    title: 'refuses a proof that was used before',
    ...accepted,
    request: twice(withProof()),
    outcome: withDpop(invalidProof('proof_used'), 'DPoP'),
  },
  {
    ids: ['9449-36'],
    title: 'refuses a used proof with another query',
    ...accepted,
    request: (serverUrl, path) => {
      const request = withProof()(serverUrl, path)
      return [request, { ...request, query: '?again' }]
    },
    outcome: withDpop(invalidProof('proof_used'), 'DPoP'),
  },
  {
    ids: ['9449-36'],
    title: 'refuses another proof with a used jti',
    ...accepted,
    request: (serverUrl, path) => {
      const jti = randomUUID()
      const other = {
        ...claims({ jti, iat: NOW - 1 }),
        ...htu((own) => `${PUBLIC_URL}/a/..${own}`),
      }
      return [claims({ jti }), other].map((one) => withProof(one)(serverUrl, path))
    },
    outcome: withDpop(invalidProof('proof_used'), 'DPoP'),
  },
  {
    ids: ['9449-38'],
    title: 'grants a proof by another key with a used jti',
    ...accepted,
    request: (serverUrl, path) => {
      const jti = randomUUID()
      const own = withProof(claims({ jti }))(serverUrl, path)
      const { proof, token: other } = by(rsa)
      return [
        own,
        withProof({ proof: { ...proof, claims: { jti } }, token: other! })(serverUrl, path),
      ]
    },
    outcome: proved,
  },
  {
    ids: ['9449-40'],
    title: 'grants a proof whose jti was in a refused proof',
    ...accepted,
    request: (serverUrl, path) => {
      const jti = randomUUID()
      const wrong = [
        claims({ jti, ath: hashText('another token') }),
        { proof: { claims: { jti }, signedBy: attacker } },
        claims({ jti, htm: 'POST' }),
      ]
      return [...wrong, claims({ jti })].map((one) => withProof(one)(serverUrl, path))
    },
    outcome: proved,
  },

  ...proofs(
    ['9449-28'],
    'refuses a proof without a nonce, and sends a nonce',
    asksForNonce,
    { 'no nonce': {} },
    withNonces,
  ),
  ...proofs(
    ['9449-29'],
    'refuses a proof with a wrong or old nonce, and sends a new nonce',
    asksForNonce,
    {
      'an empty nonce': { nonce: '' },
      'a nonce of another API': { nonce: nonce(0, NONCE_SECRETS[0], 'https://other.example.com') },
      'a nonce that was signed with another secret': { nonce: nonce(0, Buffer.alloc(32, 1)) },
      'an old nonce': { nonce: nonce(126) },
      'a nonce whose time is in the future': { nonce: nonce(-6) },
      'a nonce with a changed time': { nonce: nonce(200).replace(/^\d+/, String(NOW)) },
      'a space after the nonce': { nonce: `${nonce(0)} ` },
      'a line break in the nonce': { nonce: `${nonce(0)}\r\nSet-Cookie: a=b` },
      'a long nonce': { nonce: 'n'.repeat(4000) },
    },
    withNonces,
  ),
  {
    ids: ['9449-30'],
    title: 'refuses a proof without a nonce after a nonce was accepted',
    ...withNonces,
    request: (serverUrl, path) =>
      [withProof({ nonce: nonce(0) }), withProof()].map((create) => create(serverUrl, path)),
    outcome: asksForNonce,
  },
  ...proofs(
    ['9449-32', '9449-35'],
    'grants a proof with a nonce of the last 80 seconds, and sends no nonce',
    proved,
    {
      'a new nonce': { nonce: nonce(0) },
      'an older nonce': { nonce: nonce(79) },
      'a nonce that was signed with the previous secret': { nonce: nonce(10, NONCE_SECRETS[1]) },
      'a nonce of a process whose clock is ahead': { nonce: nonce(-5) },
    },
    withNonces,
  ),
  ...proofs(
    ['9449-33', '9449-56'],
    'grants a proof whose nonce has reached two thirds of its lifetime, and sends a new nonce with no-store',
    { ...proved, nonce: nonce(0) },
    {
      'two thirds of the lifetime': { nonce: nonce(80) },
      'the lifetime plus the clock tolerance': { nonce: nonce(125) },
    },
    withNonces,
  ),
  {
    ids: ['9449-56'],
    title: 'sends no nonce in response to a Bearer request',
    ...withNonces,
    request: { lines: [`Authorization: Bearer ${token()}`] },
    outcome: ok({ bindings: [] }),
  },
  ...proofs(
    [],
    'refuses an invalid proof, and sends no nonce',
    invalid,
    { 'a proof that another key has signed': { proof: { signedBy: attacker } } },
    withNonces,
  ),

  ...proofs(['9449-44'], 'refuses an access token as a proof', invalid, {
    'another token': written(() => token()),
    'the same token': written(() => BOUND),
  }),
  {
    ids: ['9449-44'],
    title: 'refuses a proof as an access token',
    ...accepted,
    request: (serverUrl, path) => {
      const { lines } = withProof()(serverUrl, path)
      const proof = lines[1]!.slice('DPoP: '.length)
      return { lines: [`Authorization: DPoP ${proof}`, `DPoP: ${proof}`] }
    },
    outcome: withDpop(invalidToken('unknown_issuer'), 'DPoP'),
  },
  ...refusesProof(['9449-45'], 'with an unsuitable key', {
    'an RSA key of 1024 bits': withJwk('RS256', short, RSA),
    'an RSA key of 4104 bits': withJwk('RS256', { kty: 'RSA', e: 'AQAB', n: modulus(513) }, RSA),
    'an RSA key with an exponent of 5 bytes': withJwk(
      'RS256',
      { ...rsa.publicJwk, e: modulus(5) },
      RSA,
    ),
    'an RSA key with the exponent 1': withJwk('RS256', { ...rsa.publicJwk, e: 'AQ' }, RSA),
    'a point that is not on the curve': withJwk('ES256', { ...KEY.publicJwk, y: modulus(32) }, EC),
    'a point of another length': withJwk('ES256', { ...KEY.publicJwk, x: modulus(31) }, EC),
    'a key of P-384 for ES256': withJwk('ES256', p384, EC),
    'a key of X25519': withJwk('EdDSA', { kty: 'OKP', crv: 'X25519', x: modulus(32) }, OKP),
    'a key of an unknown curve': withJwk(
      'EdDSA',
      { kty: 'OKP', crv: 'Ed999', x: modulus(32) },
      OKP,
    ),
    'an RSA key for ES256': withJwk('ES256', rsa.publicJwk, RSA),
    'a key for encryption': header({ jwk: { ...KEY.publicJwk, use: 'enc' } }),
  }),
  ...refusesProof(['9449-46'], 'with a header parameter that changes how a JWS is processed', {
    'an unknown crit': header({ crit: ['b'], b: 1 }),
    'an empty crit': header({ crit: [] }),
    b64: header({ b64: false }),
    zip: header({ zip: 'DEF' }),
  }),
  ...refusesProof(['9449-46'], 'that is too long', {
    'more than 8192 characters': claims({ fill: 'x'.repeat(8192) }),
    '20,000 characters that are not a JWT': written(() => 'x'.repeat(20_000)),
  }),
  ...refusesProof(
    ['9449-47'],
    'for an address that is not publicUrl, even if a header line names this address',
    {
      'the host of X-Forwarded-Host': forwarded('X-Forwarded-Host: evil.example'),
      'the host of Forwarded': forwarded('Forwarded: host=evil.example;proto=https'),
      'the path of X-Forwarded-Prefix': {
        ...forwarded('X-Forwarded-Prefix: /evil'),
        ...htu((path) => `${PUBLIC_URL}/evil${path}`),
      },
      'the address of the server': htu((path) => `http://127.0.0.1${path}`),
    },
  ),
  ...proofs(
    ['9449-47'],
    'grants a proof for publicUrl, although header lines of a proxy name another address',
    proved,
    {
      'eight header lines': {
        lines: (proof) => [
          `DPoP: ${proof}`,
          'X-Forwarded-Host: evil.example',
          'X-Forwarded-Proto: http',
          'X-Forwarded-Port: 8080',
          'X-Forwarded-Prefix: /evil',
          'X-Original-URL: /evil',
          'X-Original-Method: POST',
          'X-HTTP-Method-Override: POST',
          'Forwarded: host=evil.example;proto=http',
        ],
      },
    },
  ),
  ...proofs(
    ['9449-11', '9449-47'],
    'grants a proof whose htu is publicUrl and the path of the request',
    proved,
    {
      'the normalized address': htu((path) => `https://api.example.com/v1/~a${path}`),
      'another spelling': htu((path) => `https://api.example.com/v1/x/../%7Ea/.${path}`),
    },
    withPath,
  ),
  ...proofs(
    ['9449-47'],
    'refuses a proof without the path of publicUrl',
    invalid,
    {
      'no path': htu((path) => `https://api.example.com${path}`),
      'a slash too many': htu((path) => `https://api.example.com/v1/~a/${path}`),
    },
    withPath,
  ),
  ...refusesProof(['9449-49'], 'with two defects', Object.fromEntries(pairs)),

  ...proofs(
    ['9449-42'],
    'responds with 503 if the replay store is unavailable',
    unavailable('1', 'replay_unavailable'),
    { 'a valid proof': {} },
    { configuration: 'dpop.replay is unavailable' },
  ),
  ...proofs(
    [],
    'refuses an invalid proof if the replay store is unavailable',
    invalid,
    { 'another method': claims({ htm: 'POST' }) },
    { configuration: 'dpop.replay is unavailable' },
  ),
  {
    ids: [],
    title: 'grants an unbound token if the replay store is unavailable',
    configuration: 'dpop.replay is unavailable',
    request: { lines: [`Authorization: Bearer ${token()}`] },
    outcome: ok({ bindings: [] }),
  },
]

function twice(create: ReturnType<typeof withProof>): ContractCase['request'] {
  return (serverUrl, path) => {
    const request = create(serverUrl, path)
    return [request, request]
  }
}

/** Returns a proof whose `iat` is this JSON text. */
function iatAs(json: string): ProofDifferences {
  return { proof: { edit: (claimsText) => claimsText.replace(/"iat":\d+/, `"iat":${json}`) } }
}

function hex(character: string): string {
  return character.charCodeAt(0).toString(16)
}

/** Returns a proof for the host `evil.example`, and a header line that names this host. */
function forwarded(line: string): ProofDifferences {
  return {
    htu: (path) => `https://evil.example${path}`,
    lines: (proof) => [`DPoP: ${proof}`, line],
  }
}
