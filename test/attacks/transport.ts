import { bearerLine } from '../support/requests.ts'
import {
  anonymous,
  type Attack,
  badRequestToNode,
  harmless,
  invalidRequest,
  invalidToken,
  unauthenticated,
} from './attack.ts'
import { tokenOfLength } from './forged-tokens.ts'
import type { Target } from './target.ts'

const malformed = invalidRequest('malformed_credentials')
const multiple = invalidRequest('multiple_credentials')
const nothing = unauthenticated('no_credentials')
const otherScheme = unauthenticated('unsupported_scheme')

const good = ({ issuer }: Target) => issuer.token()
/** UTF-8 as a header line carries it. */
const utf8 = (text: string) => Buffer.from(text).toString('latin1')

/** What stands in the one `Authorization` line, `T` for a good token and `U` for another good one. */
const VALUES: readonly (readonly [value: string, outcome: Attack['outcome']])[] = [
  ['bearer T', harmless],
  ['bEaReR T', harmless],
  ['Bearer   T', harmless],
  [' Bearer T ', harmless],
  ['Bearer T\t', harmless],
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

/** Ways to show a token that are none: `T` stands for a good token, each text is one header line. */
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

/** Requests that no list of header lines can express, `T` for a good token. */
const WHOLE: readonly (readonly [name: string, request: string, outcome: Attack['outcome']])[] = [
  ['a token in the query', 'GET /?access_token=T HTTP/1.1\r\n\r\n', nothing],
  [
    'a token in a form',
    'POST / HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\n' +
      'Content-Length: CL\r\n\r\naccess_token=T',
    nothing,
  ],
  [
    'a token in a trailer',
    'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTrailer: Authorization\r\n\r\n' +
      '0\r\nAuthorization: Bearer T\r\n\r\n',
    nothing,
  ],
  ['no token for an absolute target', 'GET http://evil.example/ HTTP/1.1\r\n\r\n', nothing],
  ['no token under OPTIONS', 'OPTIONS / HTTP/1.1\r\nOrigin: https://evil.example\r\n\r\n', nothing],
  [
    'no token under a made-up override',
    'GET / HTTP/1.1\r\nX-Original-URL: /public\r\n\r\n',
    nothing,
  ],
  [
    'a folded header line',
    'GET / HTTP/1.1\r\nAuthorization: Bearer\r\n T\r\n\r\n',
    badRequestToNode,
  ],
  [
    'a blank before the colon',
    'GET / HTTP/1.1\r\nAuthorization : Bearer T\r\n\r\n',
    badRequestToNode,
  ],
  [
    'a bare line feed in the line',
    'GET / HTTP/1.1\r\nAuthorization: Bearer T\nX: y\r\n\r\n',
    badRequestToNode,
  ],
]

function fill(text: string, target: Target): string {
  const [first, second] = [good(target), target.issuer.token()]
  // At once, because a token may have a lone U in it, between two hyphens.
  return text.replace(/\b[TU]\b/g, (name) => (name === 'T' ? first : second))
}

function bytesOf(request: string, target: Target): Uint8Array {
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
    { name, attack, outcome: nothing },
    {
      name: `${name}, where anonymous callers are welcome`,
      attack,
      outcome: anonymous,
      door: 'optional',
    },
  ]
})

/** What is no absence of credentials, and so never makes an anonymous caller. */
const notAnonymous = (['', 'Bearer', 'Bearer T, Bearer U', 'Basic x', 'BearerT'] as const).map(
  (value): Attack => {
    return {
      name: `Authorization: ${JSON.stringify(value)}, where anonymous callers are welcome`,
      attack: (target) => [`Authorization: ${fill(value, target)}`],
      outcome: VALUES.find(([known]) => known === value)?.[1] ?? otherScheme,
      door: 'optional',
    }
  },
)

const LENGTHS: readonly (readonly [length: number, outcome: Attack['outcome']])[] = [
  [8_192, harmless],
  [16_383, harmless],
  [16_384, harmless],
  [16_385, invalidToken('token_too_long')],
  [65_536, invalidToken('token_too_long')],
  [1_048_576, invalidToken('token_too_long')],
]

export const TRANSPORT: readonly Attack[] = [
  ...byValue,
  ...elsewhere,
  ...notAnonymous,
  ...WHOLE.map(([name, request, outcome]): Attack => {
    return { name, attack: (target) => bytesOf(request, target), outcome }
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
    name: 'two header lines, a good token first',
    attack: (target) => [bearerLine(good(target)), 'authorization: Bearer forged.by.somebody'],
    outcome: multiple,
  },
  {
    name: 'two header lines, a good token last',
    attack: (target) => ['Authorization: Basic x', `AUTHORIZATION: Bearer ${good(target)}`],
    outcome: multiple,
  },
  {
    name: 'an empty header line beside a good one',
    attack: (target) => ['Authorization:', bearerLine(good(target))],
    outcome: multiple,
  },
  {
    name: 'a NUL in the token',
    attack: (target) => [`${bearerLine(good(target))}\0`],
    outcome: badRequestToNode,
  },
  {
    name: 'a DEL in the token',
    attack: (target) => [`${bearerLine(good(target))}\x7f`],
    outcome: badRequestToNode,
  },
  ...LENGTHS.map(([length, outcome]): Attack => {
    return {
      name: `a signed token of ${length} characters`,
      attack: ({ issuer }) => tokenOfLength(issuer, length),
      outcome,
    }
  }),
]
