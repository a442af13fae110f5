import { bearerLine } from '../support/requests.ts'
import {
  anonymous,
  type Attack,
  refusedByNode,
  accepted,
  invalidRequest,
  invalidToken,
  unauthenticated,
} from './attack.ts'
import { tokenOfLength } from './forged-tokens.ts'
import type { Target } from './target.ts'

const malformed = invalidRequest('malformed_credentials')
const multiple = invalidRequest('multiple_credentials')
const noCredentials = unauthenticated('no_credentials')
const otherScheme = unauthenticated('unsupported_scheme')

const good = ({ issuer }: Target) => issuer.token()
/** Returns the UTF-8 bytes of a text as a latin1 string. */
const utf8 = (text: string) => Buffer.from(text).toString('latin1')

/** Values of the `Authorization` header. `T` is a valid token, and `U` another valid one. */
const VALUES: readonly (readonly [value: string, outcome: Attack['outcome']])[] = [
  ['bearer T', accepted],
  ['bEaReR T', accepted],
  ['Bearer   T', accepted],
  [' Bearer T ', accepted],
  ['Bearer T\t', accepted],
  ['', malformed],
  ['Bearer', malformed],
  ['bearer', malformed],
  ['Bearer ', malformed],
  ['Bearer=T', malformed],
  ['Bearer:T', malformed],
  ['Bearer\tT', malformed],
  ['Bearer \tT', malformed],
  ['Bearer T T', malformed],
  ['Bearer "T"', malformed],
  ['Bearer <T>', malformed],
  ['Bearer T;', malformed],
  ['Bearer token=T', malformed],
  ['Bearer =T', malformed],
  ['Bearer %41T', malformed],
  ['Bearer T%00', malformed],
  ['Bearer T\xe9', malformed],
  ['Bearer \x80T', malformed],
  ['Bearer T\xff', malformed],
  ['Bearer\xa0T', malformed],
  [utf8('Bearer T\u{1f43b}'), malformed],
  [utf8('Bearer \u202eT'), malformed],
  [utf8('\uff22earer T'), malformed],
  ['{"Bearer":"T"}', malformed],
  ['"Bearer" T', malformed],
  ['BearerT', otherScheme],
  ['Bearer.T', otherScheme],
  ['Bearers T', otherScheme],
  ['Basic T', otherScheme],
  ['DPoP T', otherScheme],
  ['Token T', otherScheme],
  ['T', otherScheme],
  ['Bearer T, Bearer U', multiple],
  ['Bearer T,Bearer T', multiple],
  ['Bearer T,DPoP U', multiple],
  ['Bearer T,', multiple],
  ['Bearer ,T', multiple],
  ['Basic x, Bearer T', multiple],
  ['DPoP T, Bearer T', multiple],
]

/** Header lines from which no token is read. `T` is a valid token. */
const ELSEWHERE: readonly (readonly string[])[] = [
  [],
  ['Proxy-Authorization: Bearer T'],
  ['X-Authorization: Bearer T'],
  ['X-Forwarded-Authorization: Bearer T'],
  ['X-Access-Token: T'],
  ['Authorization-: Bearer T'],
  ['Cookie: access_token=T; Authorization=Bearer T'],
  ['Sec-WebSocket-Protocol: bearer, T'],
  ['WWW-Authenticate: Bearer T'],
]

/** Whole requests that a list of header lines cannot express. `T` is a valid token. */
const WHOLE: readonly (readonly [name: string, request: string, outcome: Attack['outcome']])[] = [
  ['a token in the query', 'GET /?access_token=T HTTP/1.1\r\n\r\n', noCredentials],
  [
    'a token in a form',
    'POST / HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\n' +
      'Content-Length: CL\r\n\r\naccess_token=T',
    noCredentials,
  ],
  [
    'a token in a trailer',
    'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTrailer: Authorization\r\n\r\n' +
      '0\r\nAuthorization: Bearer T\r\n\r\n',
    noCredentials,
  ],
  [
    'no token and an absolute request target',
    'GET http://evil.example/ HTTP/1.1\r\n\r\n',
    noCredentials,
  ],
  [
    'no token in an OPTIONS request',
    'OPTIONS / HTTP/1.1\r\nOrigin: https://evil.example\r\n\r\n',
    noCredentials,
  ],
  [
    'no token and an X-Original-URL header',
    'GET / HTTP/1.1\r\nX-Original-URL: /public\r\n\r\n',
    noCredentials,
  ],
  ['a folded header line', 'GET / HTTP/1.1\r\nAuthorization: Bearer\r\n T\r\n\r\n', refusedByNode],
  ['a space before the colon', 'GET / HTTP/1.1\r\nAuthorization : Bearer T\r\n\r\n', refusedByNode],
  [
    'a bare line feed in a header line',
    'GET / HTTP/1.1\r\nAuthorization: Bearer T\nX: y\r\n\r\n',
    refusedByNode,
  ],
]

function fill(text: string, target: Target): string {
  const [first, second] = [good(target), target.issuer.token()]
  // Both letters are replaced in one pass, because a token may contain a single U between two hyphens.
  return text.replace(/\b[TU]\b/g, (name) => (name === 'T' ? first : second))
}

function toBytes(request: string, target: Target): Uint8Array {
  const filled = fill(request, target).replace(
    ' HTTP/1.1\r\n',
    ' HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n',
  )
  const body = filled.slice(filled.indexOf('\r\n\r\n') + 4)
  return Buffer.from(filled.replace('CL', String(body.length)), 'latin1')
}

const byValue = VALUES.map(([value, outcome]): Attack => {
  return {
    name: `Authorization: ${JSON.stringify(value)}`,
    attack: (target) => [`Authorization: ${fill(value, target)}`],
    outcome,
  }
})

const elsewhere = ELSEWHERE.flatMap((lines): Attack[] => {
  const name = lines.length === 0 ? 'no header line' : `only ${lines.join()}`
  const attack: Attack['attack'] = (target) => lines.map((line) => fill(line, target))
  return [
    { name, attack, outcome: noCredentials },
    {
      name: `${name}, behind an optional guard`,
      attack,
      outcome: anonymous,
      api: 'optional',
    },
  ]
})

/** Bad credentials, which are refused even behind an optional guard. */
const notAnonymous = (['', 'Bearer', 'Bearer T, Bearer U', 'Basic x', 'BearerT'] as const).map(
  (value): Attack => {
    return {
      name: `Authorization: ${JSON.stringify(value)}, behind an optional guard`,
      attack: (target) => [`Authorization: ${fill(value, target)}`],
      outcome: VALUES.find(([known]) => known === value)?.[1] ?? otherScheme,
      api: 'optional',
    }
  },
)

const LENGTHS: readonly (readonly [length: number, outcome: Attack['outcome']])[] = [
  [8_192, accepted],
  [16_383, accepted],
  [16_384, accepted],
  [16_385, invalidToken('token_too_long')],
  [65_536, invalidToken('token_too_long')],
  [1_048_576, invalidToken('token_too_long')],
]

export const TRANSPORT: readonly Attack[] = [
  ...byValue,
  ...elsewhere,
  ...notAnonymous,
  ...WHOLE.map(([name, request, outcome]): Attack => {
    return { name, attack: (target) => toBytes(request, target), outcome }
  }),
  {
    name: 'two header lines with the same token',
    attack: (target) => {
      const line = bearerLine(good(target))
      return [line, line]
    },
    outcome: multiple,
  },
  {
    name: 'two header lines with a valid token first',
    attack: (target) => [bearerLine(good(target)), 'authorization: Bearer forged.by.attacker'],
    outcome: multiple,
  },
  {
    name: 'two header lines with a valid token last',
    attack: (target) => ['Authorization: Basic x', `AUTHORIZATION: Bearer ${good(target)}`],
    outcome: multiple,
  },
  {
    name: 'an empty header line and a valid one',
    attack: (target) => ['Authorization:', bearerLine(good(target))],
    outcome: multiple,
  },
  {
    name: 'a NUL in the token',
    attack: (target) => [`${bearerLine(good(target))}\0`],
    outcome: refusedByNode,
  },
  {
    name: 'a DEL in the token',
    attack: (target) => [`${bearerLine(good(target))}\x7f`],
    outcome: refusedByNode,
  },
  ...LENGTHS.map(([length, outcome]): Attack => {
    return {
      name: `a signed token of ${length} characters`,
      attack: ({ issuer }) => tokenOfLength(issuer, length),
      outcome,
    }
  }),
]
