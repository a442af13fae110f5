import {
  type Attack,
  granted,
  accepted,
  insufficientScope,
  invalidToken,
  type Outcome,
} from './attack.ts'
import { tokenWithClaim } from './forged-tokens.ts'

const missing = invalidToken('missing_claim')
const invalid = invalidToken('invalid_claim')
const expired = invalidToken('expired')
const wrongAudience = invalidToken('wrong_audience')
const unknownIssuer = invalidToken('unknown_issuer')

/** JSON texts for `exp`. `N` is the time of the test. The clock tolerance is 5 seconds. */
const EXPIRY: readonly (readonly [text: string, outcome: Outcome])[] = [
  ['"N+300"', invalid],
  ['"4000000000"', invalid],
  ['-1', invalid],
  ['-0', expired],
  ['0', expired],
  ['0.5', expired],
  ['N-300', expired],
  ['N-5', expired],
  ['N-4.5', accepted],
  ['N', accepted],
  ['N+0.5', accepted],
  ['1e400', invalid],
  ['-1e400', invalid],
  ['9e99', invalid],
  ['9007199254740991', accepted],
  ['9007199254740993', invalid],
  ['1e20', invalid],
  ['null', invalid],
  ['true', invalid],
  ['""', invalid],
  ['[N+300]', invalid],
  ['{"v":N}', invalid],
  ['{"valueOf":N}', invalid],
]

/** Returns JSON texts for `nbf` or `iat`. `future` is the outcome of a time in the future. */
const beginning = (future: Outcome): readonly (readonly [text: string, outcome: Outcome])[] => [
  ['"N"', invalid],
  ['-1', invalid],
  ['0', accepted],
  ['N-0.5', accepted],
  ['N+5', accepted],
  ['N+5.5', future],
  ['N+300', future],
  ['9007199254740991', future],
  ['1e400', invalid],
  ['9e99', invalid],
  ['9007199254740993', invalid],
  ['null', invalid],
  ['false', invalid],
  ['[N]', invalid],
  ['{}', invalid],
]

const AUDIENCES: readonly (readonly [text: string, outcome: Outcome])[] = [
  ['""', wrongAudience],
  ['[]', wrongAudience],
  ['[""]', wrongAudience],
  ['null', invalid],
  ['1', invalid],
  ['true', invalid],
  ['{}', invalid],
  ['{"0":"R","length":1}', invalid],
  ['{"R":true}', invalid],
  ['[null]', invalid],
  ['["R",1]', invalid],
  ['["R",null]', invalid],
  ['[["R"]]', invalid],
  ['[{"aud":"R"}]', invalid],
  ['"R "', wrongAudience],
  ['" R"', wrongAudience],
  ['"R\\u0000"', wrongAudience],
  ['"R\\n"', wrongAudience],
  ['"R/"', wrongAudience],
  ['"R#"', wrongAudience],
  ['"R?x"', wrongAudience],
  ['"R,R"', wrongAudience],
  ['"R R"', wrongAudience],
  ['"https://evil.example/?R"', wrongAudience],
  ['"https://evil.example/#R"', wrongAudience],
  ['"HTTPS://API.EXAMPLE.COM/v1"', wrongAudience],
  ['"https://API.example.com/v1"', wrongAudience],
  ['"https://api.example.com/V1"', wrongAudience],
  ['"https://api.example.com:443/v1"', wrongAudience],
  ['"https://api.example.com/"', wrongAudience],
  ['"https://api.example.com"', wrongAudience],
  ['"https://api.example.com/v1/../v1"', wrongAudience],
  ['"https://api.example.com/%76%31"', wrongAudience],
  ['"https://api.example.com./v1"', wrongAudience],
  ['"http://api.example.com/v1"', wrongAudience],
  ['"https://api.example.com.evil.example/v1"', wrongAudience],
  ['"https://\\uff41pi.example.com/v1"', wrongAudience],
  ['"https://\\u0430pi.example.com/v1"', wrongAudience],
  ['"https://xn--pi-7kc.example.com/v1"', wrongAudience],
  ['"*"', wrongAudience],
  ['"https://*.example.com/v1"', wrongAudience],
  ['["__proto__","constructor","includes"]', wrongAudience],
  ['["https://other.example.com","R"]', accepted],
  ['["R","R"]', accepted],
  ['"R"', accepted],
  ['"https:\\/\\/api.example.com\\/v1"', accepted],
]

const ISSUERS: readonly (readonly [text: string, outcome: Outcome])[] = [
  ...[
    'null',
    '1',
    'true',
    '{}',
    '[]',
    '""',
    '["A"]',
    '{"0":"A"}',
    '"A/"',
    '"A "',
    '" A"',
    '"A."',
    '"A\\u0000"',
    '"A\\n"',
    '"A%2F"',
    '"A/."',
    '"A?x"',
    '"A#x"',
    '"A:443"',
    '"A@evil.example"',
    '"A.evil.example"',
    '"A,A"',
    '"HTTPS://AS.EXAMPLE.COM"',
    '"https://As.example.com"',
    '"http://as.example.com"',
    '"https://as.example.co"',
    '"as.example.com"',
    '"//as.example.com"',
    '"https://as.example.com./"',
    '"https://\\uff41s.example.com"',
    '"https://a\\u017f.example.com"',
    '"https://as.\\uff45xample.com"',
    '"https://\\u0430s.example.com"',
    '"https://a\\u0301s.example.com"',
    '"https://as\\u2024example.com"',
    '"https://as%2eexample.com"',
    '"https://as.example.com\\\\@x"',
    '"https://user@as.example.com"',
    '"https://evil.example/?A"',
    '"https://127.0.0.1"',
    '"http://169.254.169.254/latest/meta-data"',
    '"file:///etc/passwd"',
    '"*"',
    '"__proto__"',
    '"constructor"',
    '"toString"',
    '"https://evil.example\\r\\nX: y"',
  ].map((text) => [text, unknownIssuer] as const),
  ['"https:\\/\\/as.example.com"', accepted],
]

const SUBJECTS: readonly (readonly [text: string, outcome: Outcome])[] = [
  ...['""', 'null', '0', '7', 'true', '[]', '{}', '["reports-cron"]'].map(
    (text) => [text, invalid] as const,
  ),
  ['"\\ud800"', invalid],
  ['"a\\udfff"', invalid],
  ['"\\udc00\\ud800"', invalid],
  ['"\\ud83d\\udc3b"', granted('unknown', '\u{1f43b}')],
  ['"__proto__"', granted('unknown', '__proto__')],
  ['"constructor"', granted('unknown', 'constructor')],
  ['"a\\r\\nX: y"', granted('unknown', 'a\r\nX: y')],
  ['" reports-cron"', granted('unknown', ' reports-cron')],
  ['"Reports-Cron"', granted('unknown', 'Reports-Cron')],
  ['"reports-cron\\u0000"', granted('unknown', 'reports-cron\0')],
  ['"reports\\u2010cron"', granted('unknown', 'reports\u2010cron')],
]

/** JSON texts for `scope`, behind a guard that requires the scope `read`. */
const SCOPES: readonly (readonly [text: string, outcome: Outcome])[] = [
  ...['null', '1', 'true', '{}', '{"read":true}', '[]', '["read"]', '["read","write"]'].map(
    (text) => [text, invalid] as const,
  ),
  ...[
    '""',
    '" "',
    '"write"',
    '"LONGEST_TEXT"',
    '"Read"',
    '"read,write"',
    '"read;write"',
    '"read*"',
    '"*"',
    '"reads"',
    '"rea d"',
    '"read\\twrite"',
    '"read\\nwrite"',
    '"read\\u00a0write"',
    '"read\\u0000"',
    '"read\\u200b"',
    '"\\uff52ead"',
    '"r\\u0435ad"',
    '"\\"read\\""',
    '"[\\"read\\"]"',
    '"read:all"',
    '"__proto__"',
    '"constructor"',
    '"undefined"',
  ].map((text) => [text, insufficientScope] as const),
  ...['"read"', '"write read"', '"read read"', '" read "', '"write  read"', '"re\\u0061d"'].map(
    (text) => [text, accepted] as const,
  ),
]

const byText = (
  [
    ['exp', EXPIRY],
    ['nbf', beginning(invalidToken('not_yet_valid'))],
    ['iat', beginning(invalidToken('issued_in_future'))],
    ['aud', AUDIENCES],
    ['iss', ISSUERS],
    ['sub', SUBJECTS],
    ['scope', SCOPES],
    [
      'client_id',
      ['""', 'null', '1', '{}', '[]', '"\\ud800"'].map((text) => [text, invalid] as const),
    ],
    ['jti', ['null', '1', '{}', '[]'].map((text) => [text, invalid] as const)],
  ] as const
).flatMap(([name, rows]) =>
  rows.map(([text, outcome]): Attack => {
    return {
      name: `the claim ${name} ${text}`,
      attack: ({ issuer, clock }) => tokenWithClaim(issuer, name, fillIn(text, clock.seconds())),
      outcome,
      api: name === 'scope' ? 'reading' : 'any',
    }
  }),
)

/** Replaces `N`, `N+300` etc. by a time, `R` by the audience, and `A` by the issuer. */
export function fillIn(text: string, now: number): string {
  return text
    .replace(/\bN([+-][\d.]+)?/, (_, offset?: string) => String(now + Number(offset ?? 0)))
    .replace(/\bR\b/g, 'https://api.example.com/v1')
    .replace(/\bA\b/g, 'https://as.example.com')
}

const REQUIRED_BY_RFC_9068 = ['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti']

const byAbsence = REQUIRED_BY_RFC_9068.map((name): Attack => {
  return {
    name: `a token without ${name}, if RFC 9068 is required`,
    attack: ({ issuer }) => issuer.token({ claims: { [name]: undefined } }),
    outcome: name === 'iss' ? unknownIssuer : missing,
    api: 'strict',
  }
})

const without = (name: string, outcome: Outcome, api: Attack['api'] = 'any'): Attack => ({
  name: `a token without ${name}`,
  attack: ({ issuer }) => issuer.token({ claims: { [name]: undefined } }),
  outcome,
  api,
})

/** Claims that contain the scope in the wrong place. */
const SCOPES_ELSEWHERE: readonly Record<string, unknown>[] = [
  {},
  { scp: 'read' },
  { scp: ['read'] },
  { scopes: 'read' },
  { permissions: ['read'] },
  { Scope: 'read' },
  { 'scope ': 'read' },
  { constructor: { scope: 'read' } },
]

export const CLAIMS: readonly Attack[] = [
  ...byText,
  ...byAbsence,
  without('iss', unknownIssuer),
  without('exp', missing),
  without('aud', wrongAudience),
  without('sub', granted('unknown')),
  without('client_id', granted('unknown', 'reports-cron')),
  without('nbf', accepted),
  without('iat', accepted),
  without('jti', accepted),
  without('scope', insufficientScope, 'reading'),
  ...SCOPES_ELSEWHERE.map((claims): Attack => {
    return {
      name: `a token without scope and with ${JSON.stringify(claims)}`,
      attack: ({ issuer }) => issuer.token({ claims: { scope: undefined, ...claims } }),
      outcome: insufficientScope,
      api: 'reading',
    }
  }),
]
