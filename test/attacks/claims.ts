import { AUDIENCE, ISSUER } from '../support/issuer.ts'
import {
  type Attack,
  type ApiName,
  behind,
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

/** JSON texts for `exp`. `NOW` is the time of the test. The clock tolerance is 5 seconds. */
const EXPIRY: readonly (readonly [text: string, outcome: Outcome])[] = [
  ['"NOW+300"', invalid],
  ['"4000000000"', invalid],
  ['-1', invalid],
  ['-0', expired],
  ['0', expired],
  ['0.5', expired],
  ['NOW-300', expired],
  ['NOW-5', expired],
  ['NOW-4.5', accepted],
  ['NOW', accepted],
  ['NOW+0.5', accepted],
  ['1e400', invalid],
  ['-1e400', invalid],
  ['9e99', invalid],
  ['9007199254740991', accepted],
  ['9007199254740993', invalid],
  ['1e20', invalid],
  ['null', invalid],
  ['true', invalid],
  ['""', invalid],
  ['[NOW+300]', invalid],
  ['{"v":NOW}', invalid],
  ['{"valueOf":NOW}', invalid],
]

/** Returns JSON texts for `nbf` or `iat`. `future` is the outcome of a time in the future. */
const beginning = (future: Outcome): readonly (readonly [text: string, outcome: Outcome])[] => [
  ['"NOW"', invalid],
  ['-1', invalid],
  ['0', accepted],
  ['NOW-0.5', accepted],
  ['NOW+5', accepted],
  ['NOW+5.5', future],
  ['NOW+300', future],
  ['9007199254740991', future],
  ['1e400', invalid],
  ['9e99', invalid],
  ['9007199254740993', invalid],
  ['null', invalid],
  ['false', invalid],
  ['[NOW]', invalid],
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
  ['{"0":"AUDIENCE","length":1}', invalid],
  ['{"AUDIENCE":true}', invalid],
  ['[null]', invalid],
  ['["AUDIENCE",1]', invalid],
  ['["AUDIENCE",null]', invalid],
  ['[["AUDIENCE"]]', invalid],
  ['[{"aud":"AUDIENCE"}]', invalid],
  ['"AUDIENCE "', wrongAudience],
  ['" AUDIENCE"', wrongAudience],
  ['"AUDIENCE\\u0000"', wrongAudience],
  ['"AUDIENCE\\n"', wrongAudience],
  ['"AUDIENCE/"', wrongAudience],
  ['"AUDIENCE#"', wrongAudience],
  ['"AUDIENCE?x"', wrongAudience],
  ['"AUDIENCE,AUDIENCE"', wrongAudience],
  ['"AUDIENCE AUDIENCE"', wrongAudience],
  ['"https://evil.example/?AUDIENCE"', wrongAudience],
  ['"https://evil.example/#AUDIENCE"', wrongAudience],
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
  ['["https://other.example.com","AUDIENCE"]', accepted],
  ['["AUDIENCE","AUDIENCE"]', accepted],
  ['"AUDIENCE"', accepted],
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
    '["ISSUER"]',
    '{"0":"ISSUER"}',
    '"ISSUER/"',
    '"ISSUER "',
    '" ISSUER"',
    '"ISSUER."',
    '"ISSUER\\u0000"',
    '"ISSUER\\n"',
    '"ISSUER%2F"',
    '"ISSUER/."',
    '"ISSUER?x"',
    '"ISSUER#x"',
    '"ISSUER:443"',
    '"ISSUER@evil.example"',
    '"ISSUER.evil.example"',
    '"ISSUER,ISSUER"',
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
    '"https://evil.example/?ISSUER"',
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
    '"READ"',
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

/** Attacks with one claim whose value is one of these JSON texts. */
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
      name: `the claim ${name} ${text}${name === 'scope' ? behind('reading') : ''}`,
      attack: ({ issuer, clock }) => tokenWithClaim(issuer, name, fillIn(text, clock.seconds())),
      outcome,
      api: name === 'scope' ? 'reading' : 'any',
    }
  }),
)

/** Replaces `NOW`, `NOW+300` etc. by a time, `AUDIENCE` by the audience, and `ISSUER` by the issuer. */
export function fillIn(text: string, now: number): string {
  return text
    .replace(/\bNOW([+-][\d.]+)?/, (_, offset?: string) => String(now + Number(offset ?? 0)))
    .replace(/\bAUDIENCE\b/g, AUDIENCE)
    .replace(/\bISSUER\b/g, ISSUER)
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

const without = (name: string, outcome: Outcome, api: ApiName = 'any'): Attack => ({
  name: `a token without ${name}${api === 'reading' ? behind(api) : ''}`,
  attack: ({ issuer }) => issuer.token({ claims: { [name]: undefined } }),
  outcome,
  api,
})

/** Claims of a token without `scope`. All except the first one contain the scope in another place. */
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
      name: `a token without scope and with ${JSON.stringify(claims)}${behind('reading')}`,
      attack: ({ issuer }) => issuer.token({ claims: { scope: undefined, ...claims } }),
      outcome: insufficientScope,
      api: 'reading',
    }
  }),
]
