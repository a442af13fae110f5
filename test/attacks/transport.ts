import { bearerLine } from '../support/requests.ts'
import {
  anonymous,
  type Attack,
  refusedByParser,
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

/** Values of the `Authorization` header. `TOKEN` and `OTHER` are two valid tokens. */
const VALUES: readonly (readonly [value: string, outcome: Attack['outcome']])[] = [
  ['bearer TOKEN', accepted],
  ['bEaReR TOKEN', accepted],
  ['Bearer   TOKEN', accepted],
  [' Bearer TOKEN ', accepted],
  ['Bearer TOKEN\t', accepted],
  ['', malformed],
  ['Bearer', malformed],
  ['bearer', malformed],
  ['Bearer ', malformed],
  ['Bearer=TOKEN', malformed],
  ['Bearer:TOKEN', malformed],
  ['Bearer\tTOKEN', malformed],
  ['Bearer \tTOKEN', malformed],
  ['Bearer TOKEN TOKEN', malformed],
  ['Bearer "TOKEN"', malformed],
  ['Bearer <TOKEN>', malformed],
  ['Bearer TOKEN;', malformed],
  ['Bearer token=TOKEN', malformed],
  ['Bearer =TOKEN', malformed],
  ['Bearer %41TOKEN', malformed],
  ['Bearer TOKEN%00', malformed],
  ['Bearer TOKEN\xe9', malformed],
  ['Bearer \x80TOKEN', malformed],
  ['Bearer TOKEN\xff', malformed],
  ['Bearer\xa0TOKEN', malformed],
  [utf8('Bearer TOKEN\u{1f43b}'), malformed],
  [utf8('Bearer \u202eTOKEN'), malformed],
  [utf8('\uff22earer TOKEN'), malformed],
  ['{"Bearer":"TOKEN"}', malformed],
  ['"Bearer" TOKEN', malformed],
  ['BearerTOKEN', otherScheme],
  ['Bearer.TOKEN', otherScheme],
  ['Bearers TOKEN', otherScheme],
  ['Basic TOKEN', otherScheme],
  ['DPoP TOKEN', otherScheme],
  ['Token TOKEN', otherScheme],
  ['TOKEN', otherScheme],
  ['Bearer TOKEN, Bearer OTHER', multiple],
  ['Bearer TOKEN,Bearer TOKEN', multiple],
  ['Bearer TOKEN,DPoP OTHER', multiple],
  ['Bearer TOKEN,', multiple],
  ['Bearer ,TOKEN', multiple],
  ['Basic x, Bearer TOKEN', multiple],
  ['DPoP TOKEN, Bearer TOKEN', multiple],
]

/** Header lines from which no token is read. `TOKEN` is a valid token. */
const ELSEWHERE: readonly (readonly string[])[] = [
  [],
  ['Proxy-Authorization: Bearer TOKEN'],
  ['X-Authorization: Bearer TOKEN'],
  ['X-Forwarded-Authorization: Bearer TOKEN'],
  ['X-Access-Token: TOKEN'],
  ['Authorization-: Bearer TOKEN'],
  ['Cookie: access_token=TOKEN; Authorization=Bearer TOKEN'],
  ['Sec-WebSocket-Protocol: bearer, TOKEN'],
  ['WWW-Authenticate: Bearer TOKEN'],
]

/** Whole requests that a list of header lines cannot express. `TOKEN` is a valid token. `CL` is the length of the body. */
const WHOLE: readonly (readonly [name: string, request: string, outcome: Attack['outcome']])[] = [
  ['a token in the query', 'GET /?access_token=TOKEN HTTP/1.1\r\n\r\n', noCredentials],
  [
    'a token in a form',
    'POST / HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\n' +
      'Content-Length: CL\r\n\r\naccess_token=TOKEN',
    noCredentials,
  ],
  [
    'a token in a trailer',
    'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTrailer: Authorization\r\n\r\n' +
      '0\r\nAuthorization: Bearer TOKEN\r\n\r\n',
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
  [
    'a folded Authorization line',
    'GET / HTTP/1.1\r\nAuthorization: Bearer\r\n TOKEN\r\n\r\n',
    refusedByParser,
  ],
  [
    'a space before the colon of Authorization',
    'GET / HTTP/1.1\r\nAuthorization : Bearer TOKEN\r\n\r\n',
    refusedByParser,
  ],
  [
    'a bare line feed after the Authorization line',
    'GET / HTTP/1.1\r\nAuthorization: Bearer TOKEN\nX: y\r\n\r\n',
    refusedByParser,
  ],
]

function fill(text: string, target: Target): string {
  const [first, second] = [good(target), target.issuer.token()]
  return text.replace(/TOKEN|OTHER/g, (name) => (name === 'TOKEN' ? first : second))
}

function toBytes(request: string, target: Target): Uint8Array {
  const filled = fill(request, target).replace(
    ' HTTP/1.1\r\n',
    ' HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n',
  )
  const body = filled.slice(filled.indexOf('\r\n\r\n') + 4)
  return Buffer.from(filled.replace('Length: CL', `Length: ${body.length}`), 'latin1')
}

const byValue = VALUES.map(([value, outcome]): Attack => {
  return {
    name: `Authorization: ${JSON.stringify(value)}`,
    attack: (target) => [`Authorization: ${fill(value, target)}`],
    outcome,
  }
})

const elsewhere = ELSEWHERE.flatMap((lines): Attack[] => {
  const name = lines.length === 0 ? 'no Authorization line' : `only ${lines.join()}`
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
const notAnonymous = (
  ['', 'Bearer', 'Bearer TOKEN, Bearer OTHER', 'Basic x', 'BearerTOKEN'] as const
).map((value): Attack => {
  return {
    name: `Authorization: ${JSON.stringify(value)}, behind an optional guard`,
    attack: (target) => [`Authorization: ${fill(value, target)}`],
    outcome: VALUES.find(([known]) => known === value)?.[1] ?? otherScheme,
    api: 'optional',
  }
})

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
    name: 'two Authorization lines with the same token',
    attack: (target) => {
      const line = bearerLine(good(target))
      return [line, line]
    },
    outcome: multiple,
  },
  {
    name: 'two Authorization lines with a valid token first',
    attack: (target) => [bearerLine(good(target)), 'authorization: Bearer forged.by.attacker'],
    outcome: multiple,
  },
  {
    name: 'two Authorization lines with a valid token last',
    attack: (target) => ['Authorization: Basic x', `AUTHORIZATION: Bearer ${good(target)}`],
    outcome: multiple,
  },
  {
    name: 'an empty Authorization line and a valid one',
    attack: (target) => ['Authorization:', bearerLine(good(target))],
    outcome: multiple,
  },
  {
    name: 'a NUL in the token',
    attack: (target) => [`${bearerLine(good(target))}\0`],
    outcome: refusedByParser,
  },
  {
    name: 'a DEL in the token',
    attack: (target) => [`${bearerLine(good(target))}\x7f`],
    outcome: refusedByParser,
  },
  ...LENGTHS.map(([length, outcome]): Attack => {
    return {
      name: `a signed token of ${length} characters`,
      attack: ({ issuer }) => tokenOfLength(issuer, length),
      outcome,
    }
  }),
]
