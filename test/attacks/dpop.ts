import { createHmac } from 'node:crypto'
import { boundTo, createNonce, hashText, toThumbprint } from '../support/proofs.ts'
import { encodePart, splitToken } from '../support/tokens.ts'
import {
  accepted,
  type Attack,
  invalidToken,
  NONCE_SECRET,
  type Outcome,
  PUBLIC_URL,
  refusedWithDpop,
} from './attack.ts'
import { goodClaims, jsonWith } from './forged-tokens.ts'
import { createLines, createPair, type Stolen } from './prove.ts'
import type { Target } from './target.ts'

const invalid = refusedWithDpop('invalid_proof', 'invalid_dpop_proof')
const noProof = refusedWithDpop('no_proof', 'invalid_dpop_proof')
const wrongKey = refusedWithDpop('wrong_proof_key')
const wrongScheme = refusedWithDpop('wrong_scheme')
const wrongBearer = invalidToken('wrong_scheme')
const unsupported = refusedWithDpop('unsupported_binding')
const needsNonce = refusedWithDpop('nonce_required', 'use_dpop_nonce')

function attack(
  name: string,
  create: (target: Target) => Stolen,
  outcome: Outcome,
  api: Attack['api'] = 'dpop',
): Attack {
  return { name, attack: (target) => createLines(target, create(target)), outcome, api }
}

/** Returns one attack for each JSON text of a claim of the proof. `NOW` is the time of the test. */
function byClaim(claim: string, rows: readonly (readonly [text: string, outcome: Outcome])[]) {
  return rows.map(([text, outcome]) =>
    attack(
      `the claim ${claim} ${text.slice(0, 80)} of a proof`,
      ({ clock }) => ({
        proof: {
          edit: (json) =>
            jsonWith(
              JSON.parse(json) as object,
              claim,
              text.replaceAll(/NOW([+-][\d.]+)?/g, (_, more: string | undefined) =>
                String(clock.seconds() + Number(more ?? 0)),
              ),
            ),
        },
      }),
      outcome,
    ),
  )
}

const all = (texts: readonly string[], outcome: Outcome = invalid) =>
  texts.map((text) => [text, outcome] as const)

const IATS = [
  ...all(['NOW', 'NOW-65', 'NOW+5', 'NOW-0.25'], accepted),
  ...all([
    'NOW-65.5',
    'NOW-66',
    'NOW-3600',
    'NOW+5.5',
    'NOW+6',
    'NOW+86400',
    '0',
    '-0',
    '-1',
    '1e400',
    '-1e400',
    '9e99',
    '-9e99',
    '-9223372036854775808',
    '9007199254740993',
    '1900000000000',
    '"NOW"',
    '"Infinity"',
    '""',
    'null',
    'true',
    '[NOW]',
    '[]',
    '{}',
    '{"valueOf":NOW}',
  ]),
]

const TEXTS = ['null', 'true', '0', '1', '[]', '{}', '""', '" "', '"\\u0000"', '{"length":43}']

const HTUS = [
  ...all(
    [
      '"https://api.example.com/"',
      '"https://api.example.com"',
      '"HTTPS://API.example.COM:443/"',
      '"https://api.example.com/?a=b#c"',
      '"https://api.example.com/."',
      '"https://api.example.com/a/.."',
      '"https://api.example.com:/"',
      '"https:\\/\\/api.example.com\\/"',
      '"https://api.example.com:0443/"',
    ],
    accepted,
  ),
  ...all([
    ...TEXTS,
    '"/"',
    '"//api.example.com/"',
    '"https:/api.example.com/"',
    '"https:api.example.com/"',
    '"https:///api.example.com/"',
    '"https://api.example.com//"',
    '"https://api.example.com/%2F"',
    '"https://api.example.com/%"',
    '"https://api.example.com/%00"',
    '"http://api.example.com/"',
    '"https://api.example.com./"',
    '"https://api.example.com:4430/"',
    '"https://api.example.com:x/"',
    '"https://user@api.example.com/"',
    '"https://user:pass@api.example.com/"',
    '"https://@api.example.com/"',
    '"https://api.example.com@evil.example/"',
    '"https://evil.example/?https://api.example.com/"',
    '"https://evil.example#@api.example.com/"',
    '"https://evil.example\\\\@api.example.com/"',
    '"https://api.example.com\\\\"',
    '"https://api.example.com\\u0000/"',
    '"https://api.example.com/\\u0000"',
    '"https://api.example.com/\\r\\n"',
    '"\\thttps://api.example.com/"',
    '" https://api.example.com/"',
    '"https://api.example.com/ "',
    '"https://\\uff41pi.example.com/"',
    '"https://api\\u3002example.com/"',
    '"https://ap\\u0131.example.com/"',
    '"https://api.example.com\\uff0f"',
    '"https://xn--pi-6ka.example.com/"',
    '"https://%61pi.example.com/"',
    '"https://[::1]/"',
    '["https://api.example.com/"]',
    '{"href":"https://api.example.com/"}',
    '"javascript:alert(1)"',
    `"https://api.example.com/${'x'.repeat(2048)}"`,
  ]),
]

const HTMS = [
  ...all(['"GET"', '"\\u0047ET"'], accepted),
  ...all([
    ...TEXTS,
    '"get"',
    '"Get"',
    '"POST"',
    '"GET "',
    '" GET"',
    '"GET,POST"',
    '"GET\\n"',
    '"*"',
    '"\\uff27ET"',
    '["GET"]',
    '{"0":"GET"}',
    '"HEAD"',
    '"__proto__"',
  ]),
]

const JTIS = [
  ...all(
    ['"\\u0000"', '"\\r\\nSet-Cookie: a=b"', '"__proto__"', '"\\ud800"', `"${'j'.repeat(4000)}"`],
    accepted,
  ),
  ...all(['null', 'true', '0', '1', '[]', '["x"]', '{}', '""', `"${'j'.repeat(9000)}"`]),
]

const NONCES = all(['null', 'true', '0', '[]', '{}', '["x"]'])

/** Header parameters of a proof. */
const HEADERS: readonly (readonly [name: string, create: (target: Target) => object, Outcome])[] = [
  ['no jwk and a kid', ({ proofKey }) => ({ jwk: undefined, kid: proofKey.thumbprint }), invalid],
  ['no jwk and a jku', ({ attackerUrl }) => ({ jwk: undefined, jku: attackerUrl }), invalid],
  ['no jwk and an x5u', ({ attackerUrl }) => ({ jwk: undefined, x5u: attackerUrl }), invalid],
  ['a jwk and the jku of an attacker', ({ attackerUrl }) => ({ jku: attackerUrl }), accepted],
  ['a jwk and the x5u of an attacker', ({ attackerUrl }) => ({ x5u: attackerUrl }), accepted],
  ['the jwk of an attacker', ({ otherProofKey }) => ({ jwk: otherProofKey.publicJwk }), wrongKey],
  ['a JWK Set', ({ proofKey }) => ({ jwk: { keys: [proofKey.publicJwk] } }), invalid],
  [
    'a jwk with an inherited key',
    ({ proofKey }) => ({ jwk: { __proto__: null, ...inherit(proofKey.publicJwk) } }),
    invalid,
  ],
  [
    'a private jwk',
    ({ proofKey }) => ({ jwk: proofKey.privateKey.export({ format: 'jwk' }) }),
    invalid,
  ],
  ...['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'].map(
    (member) =>
      [
        `a jwk with the private member ${member}`,
        ({ proofKey }: Target) => ({ jwk: { ...proofKey.publicJwk, [member]: 'AAAA' } }),
        invalid,
      ] as const,
  ),
  ['an x5c of 100 kB', () => ({ x5c: ['A'.repeat(100_000)] }), invalid],
  [
    'an x5c of 100 kB in the jwk',
    ({ proofKey }) => ({ jwk: { ...proofKey.publicJwk, x5c: ['A'.repeat(100_000)] } }),
    invalid,
  ],
  [
    'a short x5c in the jwk',
    ({ proofKey }) => ({ jwk: { ...proofKey.publicJwk, x5c: ['AAAA'] } }),
    accepted,
  ],
  ['alg none', () => ({ alg: 'none' }), invalid],
  ['alg None', () => ({ alg: 'None' }), invalid],
  ['alg ES256K', () => ({ alg: 'ES256K' }), invalid],
  ['alg ES384 and a P-256 key', () => ({ alg: 'ES384' }), invalid],
  ['alg RS256 and a P-256 key', () => ({ alg: 'RS256' }), invalid],
  ['alg in an array', () => ({ alg: ['ES256'] }), invalid],
  ['alg __proto__', () => ({ alg: '__proto__' }), invalid],
  ['alg constructor', () => ({ alg: 'constructor' }), invalid],
  ['typ JWT', () => ({ typ: 'JWT' }), invalid],
  ['typ at+jwt', () => ({ typ: 'at+jwt' }), invalid],
  ['typ dpop+jwt in capitals', () => ({ typ: 'DPoP+JWT' }), invalid],
  ['typ application/dpop+jwt', () => ({ typ: 'application/dpop+jwt' }), invalid],
  ['typ dpop+jwt and a NUL', () => ({ typ: 'dpop+jwt\0' }), invalid],
  ['typ in an array', () => ({ typ: ['dpop+jwt'] }), invalid],
  ['crit with a known parameter', () => ({ crit: ['alg'] }), invalid],
  ['crit with an unknown parameter', () => ({ crit: ['x'], x: 1 }), invalid],
  ['crit null', () => ({ crit: null }), invalid],
  ['b64 false', () => ({ b64: false }), invalid],
  ['zip', () => ({ zip: 'DEF' }), invalid],
  ['enc', () => ({ enc: 'A256GCM' }), invalid],
  ['cty', () => ({ cty: 'JWT' }), invalid],
]

/** Keys that a proof must not use. The token in each request is bound to the key of the proof. */
const KEYS: readonly (readonly [name: string, alg: string, jwk: Record<string, unknown>])[] = [
  ['an RSA key of 16,384 bits', 'RS256', rsa(2048)],
  ['an RSA key of 4,104 bits', 'PS256', rsa(513)],
  ['an RSA key of 1,024 bits', 'RS256', rsa(128)],
  ['an RSA key of 8 bits', 'RS256', rsa(1)],
  ['an RSA key without a modulus', 'RS256', { kty: 'RSA', e: 'AQAB', n: '' }],
  ['an RSA key with the exponent 1', 'RS256', { ...rsa(256), e: 'AQ' }],
  ['an RSA key whose exponent is 1,500 zero bytes', 'RS256', { ...rsa(256), e: 'A'.repeat(2000) }],
  ['an RSA key with an even modulus', 'RS256', rsa(256, 0xc4)],
  ['the point at infinity', 'ES256', { kty: 'EC', crv: 'P-256', x: zeros(32), y: zeros(32) }],
  [
    'a point that is not on the curve',
    'ES256',
    { kty: 'EC', crv: 'P-256', x: zeros(32, 1), y: zeros(32, 1) },
  ],
  ['an EC key without y', 'ES256', { kty: 'EC', crv: 'P-256', x: zeros(32, 1) }],
  [
    'a key of secp256k1',
    'ES256',
    { kty: 'EC', crv: 'secp256k1', x: zeros(32, 1), y: zeros(32, 1) },
  ],
  [
    'a small-order point of Ed25519',
    'EdDSA',
    { kty: 'OKP', crv: 'Ed25519', x: `AQ${'A'.repeat(41)}` },
  ],
  ['a key of X25519', 'EdDSA', { kty: 'OKP', crv: 'X25519', x: zeros(32, 1) }],
  ['a key of Ed448', 'EdDSA', { kty: 'OKP', crv: 'Ed448', x: zeros(57, 1) }],
  ['a symmetric key', 'HS256', { kty: 'oct', k: zeros(32, 1) }],
  ['a symmetric key for ES256', 'ES256', { kty: 'oct', k: zeros(32, 1) }],
  ['a key of the type AKP for ES256', 'ES256', { kty: 'AKP', alg: 'ML-DSA-44', pub: zeros(32, 1) }],
]

const REQUIRED = ['crv', 'e', 'k', 'kty', 'n', 'x', 'y']

/** Public keys as HMAC secrets. */
const SECRETS: readonly (readonly [
  name: string,
  toSecret: (target: Target) => string | Uint8Array,
])[] = [
  ['the JWK', ({ proofKey }) => JSON.stringify(proofKey.publicJwk)],
  ['PEM', ({ proofKey }) => String(proofKey.publicKey.export({ type: 'spki', format: 'pem' }))],
  ['DER', ({ proofKey }) => proofKey.publicKey.export({ type: 'spki', format: 'der' })],
  ['the thumbprint', ({ proofKey }) => proofKey.thumbprint],
  ['empty', () => ''],
]

/** Values of `cnf` as JSON text. `JKT` is the thumbprint of the key of the client, and `OTHER` is that of the attacker. */
const CONFIRMATIONS: readonly (readonly [text: string, outcome: Outcome, bearer?: Outcome])[] = [
  ['{"jkt":"JKT"}', accepted, wrongBearer],
  ['{"jkt":"OTHER"}', wrongKey, wrongBearer],
  // The parser of claims removes the member `__proto__`. The key of the proof is compared with `jkt`.
  ['{"jkt":"JKT","__proto__":{}}', accepted, wrongBearer],
  ...[
    'null',
    '""',
    '"JKT"',
    '[]',
    '["JKT"]',
    '[{"jkt":"JKT"}]',
    '{}',
    '{"jkt":null}',
    '{"jkt":["JKT"]}',
    '{"jkt":{"jkt":"JKT"}}',
    '{"jkt":"JKT="}',
    '{"jkt":" JKT"}',
    '{"jkt":""}',
    '{"JKT":"JKT"}',
    '{"jkt":"JKT","jwk":{}}',
    '{"jkt":"JKT","x5t#S256":"JKT"}',
    '{"__proto__":{"jkt":"JKT"}}',
    '{"constructor":{"jkt":"JKT"}}',
    '{"kid":"JKT"}',
    '{"cnf":{"jkt":"JKT"}}',
  ].map((text) => [text, unsupported, invalidToken('unsupported_binding')] as const),
]

/** Claims in place of `cnf`. The token is not bound, so it is not accepted with the scheme DPoP. */
const ELSEWHERE = [
  '{"__proto__":{"cnf":{"jkt":"JKT"}}}',
  '{"constructor":{"prototype":{"cnf":{"jkt":"JKT"}}}}',
  '{"CNF":{"jkt":"JKT"}}',
  '{"act":{"cnf":{"jkt":"JKT"}}}',
  '{"jkt":"JKT"}',
  '{"cnf.jkt":"JKT"}',
]

/** Forged tokens, and valid tokens and proofs of other callers. */
export const DPOP: readonly Attack[] = [
  attack('a stolen token and a valid proof with the key of the token', () => ({}), accepted),
  attack(
    'a stolen token as a Bearer token, with a valid proof',
    () => ({ scheme: 'Bearer' }),
    wrongBearer,
  ),
  {
    name: 'a stolen token as a Bearer token',
    attack: (target) => target.bound(),
    outcome: wrongBearer,
    api: 'dpop',
  },
  {
    name: 'a bound token at an API without DPoP',
    attack: (target) => createLines(target),
    outcome: { status: 401, reason: 'unsupported_scheme', error: undefined },
  },
  {
    name: 'a bound token as a Bearer token at an API without DPoP',
    attack: (target) => target.bound(),
    outcome: invalidToken('unsupported_binding'),
  },
  {
    name: 'a stolen token without a proof',
    attack: (target) => createLines(target).slice(0, 1),
    outcome: noProof,
    api: 'dpop',
  },
  attack(
    'a stolen token and a valid proof with the key of an attacker',
    ({ otherProofKey }) => ({ proof: { key: otherProofKey } }),
    wrongKey,
  ),
  attack(
    'a stolen token and a proof that names the key of the token, but was signed with the key of an attacker',
    ({ otherProofKey }) => ({ proof: { signedBy: otherProofKey } }),
    invalid,
  ),
  attack(
    'a stolen token and a proof for another token',
    (target) => ({ proof: { claims: { ath: hashText(target.bound({ jti: 'x' })) } } }),
    invalid,
  ),
  attack('an unbound token and a proof', ({ issuer }) => ({ token: issuer.token() }), wrongScheme),
  attack(
    'a token that is bound to the key of the attacker, and a proof with the key of the client',
    (target) => ({ token: target.bound(boundTo(target.otherProofKey)) }),
    wrongKey,
  ),
  attack(
    'an expired token and a valid proof',
    (target) => ({ token: target.bound({ exp: 1 }) }),
    refusedWithDpop('expired'),
  ),
  attack(
    'a forged token and a valid proof',
    ({ issuer, outsider, proofKey }) => ({
      token: issuer.token({
        key: outsider.keys[0]!,
        header: { kid: issuer.keys[0]!.kid },
        claims: boundTo(proofKey),
      }),
    }),
    refusedWithDpop('invalid_signature'),
  ),
  attack(
    'a token of an unknown issuer and a valid proof',
    ({ outsider, proofKey }) => ({
      token: outsider.token({ claims: boundTo(proofKey) }),
    }),
    refusedWithDpop('unknown_issuer'),
  ),
  {
    name: 'an access token as its own proof',
    attack: (target) => {
      const token = target.bound()
      return [`Authorization: DPoP ${token}`, `DPoP: ${token}`]
    },
    outcome: invalid,
    api: 'dpop',
  },
  attack(
    'an access token with the typ dpop+jwt',
    (target) => ({
      token: target.issuer.token({
        header: { typ: 'dpop+jwt' },
        claims: boundTo(target.proofKey),
      }),
    }),
    refusedWithDpop('wrong_token_type'),
  ),
  {
    name: 'a proof as the access token',
    attack: (target) => {
      const { proof } = createPair(target)
      return [`Authorization: DPoP ${proof}`, `DPoP: ${proof}`]
    },
    outcome: refusedWithDpop('unknown_issuer'),
    api: 'dpop',
  },
  ...byClaim('iat', IATS),
  ...byClaim('htm', HTMS),
  ...byClaim('htu', HTUS),
  ...byClaim('jti', JTIS),
  ...byClaim('nonce', NONCES),
  ...byClaim('ath', all(TEXTS)),
  ...byClaim('exp', [
    ...all(['NOW+60', 'NOW-4'], accepted),
    ...all(['NOW-5', 'NOW-60', '0', 'null', '"NOW"', '1e400', '[]']),
  ]),
  ...byClaim('nbf', [
    ...all(['NOW-60', 'NOW+5'], accepted),
    ...all(['NOW+6', 'null', '"NOW"', '-1e400', '{}']),
  ]),
  ...(
    [
      ['jti', '"jti":"a"'],
      ['htm', '"htm":"GET"'],
      ['htu', `"htu":"${PUBLIC_URL}/"`],
      ['iat', '"iat":1900000000'],
    ] as const
  ).map(([claim, text]) =>
    attack(
      `a proof with two members ${claim}`,
      () => ({ proof: { edit: (json) => `${json.slice(0, -1)},${text}}` } }),
      invalid,
    ),
  ),
  ...['[]', 'null', '"x"', '{', '{}}', '{"__proto__":{"jti":"a","htm":"GET"}}', '\ufeff{}'].map(
    (text) =>
      attack(
        `a proof whose payload is ${JSON.stringify(text)}`,
        () => ({ proof: { claims: text } }),
        invalid,
      ),
  ),
  ...HEADERS.map(([name, header, outcome]) =>
    attack(
      `a proof whose header has ${name}`,
      (target) => ({ proof: { header: { ...header(target) } } }),
      outcome,
    ),
  ),
  ...KEYS.map(([name, alg, jwk]) =>
    attack(
      `a proof whose jwk is ${name}, and a token that is bound to this jwk`,
      (target) => {
        const required = Object.fromEntries(
          Object.entries(jwk).filter(([member]) => REQUIRED.includes(member)),
        )
        return {
          token: target.bound({ cnf: { jkt: toThumbprint(required) } }),
          proof: { header: { alg, jwk } },
        }
      },
      invalid,
    ),
  ),
  ...SECRETS.map(([name, toSecret]): Attack => ({
    name: `a proof with an HMAC whose secret is ${name}`,
    attack(target) {
      const { token, proof } = createPair(target)
      const [, payload] = splitToken(proof)
      const header = encodePart({ alg: 'HS256', typ: 'dpop+jwt', jwk: target.proofKey.publicJwk })
      const input = `${header}.${payload}`
      const mac = createHmac('sha256', toSecret(target)).update(input).digest('base64url')
      return [`Authorization: DPoP ${token}`, `DPoP: ${input}.${mac}`]
    },
    outcome: invalid,
    api: 'dpop',
  })),
  ...CONFIRMATIONS.flatMap(([text, outcome, bearerOutcome]) => {
    const token = ({ issuer, proofKey, otherProofKey }: Target) =>
      issuer.token({
        claims: jsonWith(
          goodClaims(issuer),
          'cnf',
          text
            .replaceAll(/"( ?)JKT/g, `"$1${proofKey.thumbprint}`)
            .replaceAll('OTHER', otherProofKey.thumbprint),
        ),
      })
    return [
      attack(
        `a token with cnf ${text} and a proof`,
        (target) => ({ token: token(target) }),
        outcome,
      ),
      {
        name: `a token with cnf ${text} as a Bearer token`,
        attack: token,
        outcome: bearerOutcome ?? outcome,
        api: 'dpop' as const,
      },
    ]
  }),
  ...ELSEWHERE.map((text) =>
    attack(
      `a token without cnf, with ${text}`,
      ({ issuer, proofKey }) => {
        const usual = JSON.stringify(goodClaims(issuer)).slice(0, -1)
        const more = text.replace('JKT', proofKey.thumbprint).slice(1)
        return { token: issuer.token({ claims: `${usual},${more}` }) }
      },
      wrongScheme,
    ),
  ),
  ...(['{"jkt":"JKT"}', '{"jkt":"OTHER"}', 'null'] as const).map((text) =>
    attack(
      `a token with two members cnf, the second one ${text}`,
      ({ issuer, proofKey, otherProofKey }) => {
        const usual = JSON.stringify({ ...goodClaims(issuer), ...boundTo(proofKey) })
        const second = text
          .replace('JKT', proofKey.thumbprint)
          .replace('OTHER', otherProofKey.thumbprint)
        return { token: issuer.token({ claims: `${usual.slice(0, -1)},"cnf":${second}}` }) }
      },
      refusedWithDpop('malformed_token'),
    ),
  ),
  attack(
    'a token whose cnf has two members jkt',
    ({ issuer, proofKey, otherProofKey }) => {
      const cnf = `{"jkt":"${otherProofKey.thumbprint}","jkt":"${proofKey.thumbprint}"}`
      return { token: issuer.token({ claims: jsonWith(goodClaims(issuer), 'cnf', cnf) }) }
    },
    refusedWithDpop('malformed_token'),
  ),

  ...(
    [
      ['no nonce', () => undefined, needsNonce],
      ['an empty nonce', () => '', needsNonce],
      ['a valid nonce', (now: number) => createNonce(NONCE_SECRET, PUBLIC_URL, now - 3), accepted],
      [
        'a nonce that was signed with another secret',
        (now: number) => createNonce(new Uint8Array(32), PUBLIC_URL, now - 3),
        needsNonce,
      ],
      [
        'a nonce of another API',
        (now: number) => createNonce(NONCE_SECRET, 'https://evil.example', now - 3),
        needsNonce,
      ],
      [
        'an old nonce',
        (now: number) => createNonce(NONCE_SECRET, PUBLIC_URL, now - 126),
        needsNonce,
      ],
      [
        'a nonce whose time is in the future',
        (now: number) => createNonce(NONCE_SECRET, PUBLIC_URL, now + 6),
        needsNonce,
      ],
      [
        'a nonce with CR LF',
        (now: number) => `${createNonce(NONCE_SECRET, PUBLIC_URL, now - 3)}\r\nX-Evil: 1`,
        needsNonce,
      ],
      ['a nonce of CR LF', () => '\r\nSet-Cookie: a=b\r\n\r\n', needsNonce],
      [
        'a nonce with a NUL',
        (now: number) => `${createNonce(NONCE_SECRET, PUBLIC_URL, now - 3)}\0`,
        needsNonce,
      ],
      ['a nonce with a quote', () => '", error="', needsNonce],
      ['a nonce of 4,000 characters', () => '1'.repeat(4000), needsNonce],
      ['a nonce outside ASCII', () => '\u0661900000000.x', needsNonce],
      ['a nonce of an infinite time', () => `${'9'.repeat(400)}.${zeros(32)}`, needsNonce],
    ] as const
  ).map(([name, nonce, outcome]) =>
    attack(
      `a proof with ${name}`,
      ({ clock }) => {
        const text = nonce(clock.seconds())
        return text === undefined ? {} : { nonce: text }
      },
      outcome,
      'dpop with nonces',
    ),
  ),
  attack(
    'a proof that was signed with the key of an attacker, without a nonce: the response has no nonce',
    ({ otherProofKey }) => ({ proof: { signedBy: otherProofKey } }),
    invalid,
    'dpop with nonces',
  ),
]

function rsa(bytes: number, last = 0xc5): Record<string, unknown> {
  const n = Buffer.alloc(bytes, 0xc5)
  n[bytes - 1] = last
  return { kty: 'RSA', e: 'AQAB', n: n.toString('base64url') }
}

function zeros(bytes: number, value = 0): string {
  return Buffer.alloc(bytes, value).toString('base64url')
}

/** Returns an object whose only own member is `__proto__`. JSON text of the object contains this member. */
function inherit(members: object): object {
  return JSON.parse(`{"__proto__":${JSON.stringify(members)}}`) as object
}
