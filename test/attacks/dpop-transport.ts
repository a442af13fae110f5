import {
  accepted,
  type Attack,
  type Outcome,
  PUBLIC_URL,
  refusedByParser,
  refusedWithDpop,
  unauthenticated,
} from './attack.ts'
import { createLines, createPair, type Stolen, toRequest } from './prove.ts'
import type { Target } from './target.ts'

const invalid = refusedWithDpop('invalid_proof', 'invalid_dpop_proof')
const noProof = refusedWithDpop('no_proof', 'invalid_dpop_proof')
const used = refusedWithDpop('proof_used', 'invalid_dpop_proof')
const malformed: Outcome = {
  status: 400,
  reason: 'malformed_credentials',
  error: 'invalid_request',
  scheme: 'DPoP',
}
const multiple: Outcome = {
  status: 400,
  reason: 'multiple_credentials',
  error: 'invalid_request',
  scheme: 'both',
}
const noCredentials = unauthenticated('no_credentials')

/** Header lines. `TOKEN` stands for a valid token, `PROOF` for a valid proof, and `OTHER` for another valid proof. */
const LINES: readonly (readonly [lines: readonly string[], outcome: Outcome])[] = [
  [['Authorization: DPoP TOKEN', 'DPoP: PROOF'], accepted],
  [['authorization: dpop TOKEN', 'dpop: PROOF'], accepted],
  [['DPOP: PROOF', 'AUTHORIZATION: DPOP   TOKEN'], accepted],
  [['Authorization: DPoP TOKEN', 'DPoP:  PROOF  '], accepted],
  [['Authorization: DPoP TOKEN', 'DPoP: PROOF', 'DPoP: PROOF'], invalid],
  [['Authorization: DPoP TOKEN', 'DPoP: PROOF', 'dpop: OTHER'], invalid],
  [['Authorization: DPoP TOKEN', 'dpop: x', 'DPoP: PROOF'], invalid],
  [['Authorization: DPoP TOKEN', 'DPoP: PROOF,OTHER'], invalid],
  [['Authorization: DPoP TOKEN', 'DPoP: PROOF, PROOF'], invalid],
  [['Authorization: DPoP TOKEN', 'DPoP: PROOF OTHER'], invalid],
  [['Authorization: DPoP TOKEN', 'DPoP: PROOF;'], invalid],
  [['Authorization: DPoP TOKEN', 'DPoP: "PROOF"'], invalid],
  [['Authorization: DPoP TOKEN', 'DPoP: DPoP PROOF'], invalid],
  [['Authorization: DPoP TOKEN', 'DPoP: PROOF.'], invalid],
  [['Authorization: DPoP TOKEN', 'DPoP: .PROOF'], invalid],
  [['Authorization: DPoP TOKEN', 'DPoP: PROOF='], invalid],
  [['Authorization: DPoP TOKEN', 'DPoP: PROOF~'], invalid],
  [['Authorization: DPoP TOKEN', 'DPoP: \xe9PROOF'], invalid],
  [['Authorization: DPoP TOKEN', 'DPoP: ...'], invalid],
  [['Authorization: DPoP TOKEN', `DPoP: ${'x'.repeat(9000)}`], invalid],
  [['Authorization: DPoP TOKEN', `DPoP: ${'.'.repeat(9000)}`], invalid],
  [['Authorization: DPoP TOKEN', `DPoP: e30.e30.${'A'.repeat(20_000)}`], invalid],
  [['Authorization: DPoP TOKEN', 'DPoP-Proof: PROOF'], noProof],
  [['Authorization: DPoP TOKEN', 'X-DPoP: PROOF'], noProof],
  [['Authorization: DPoP TOKEN', 'Cookie: DPoP=PROOF'], noProof],
  [['Authorization: DPoP TOKEN', 'Proxy-Authorization: DPoP PROOF'], noProof],
  [['Authorization: DPoP TOKEN PROOF'], malformed],
  [['Authorization: DPoP PROOF TOKEN', 'DPoP: PROOF'], malformed],
  [['Authorization: DPoP', 'DPoP: PROOF'], malformed],
  [['Authorization: DPoP=TOKEN', 'DPoP: PROOF'], malformed],
  [['Authorization: DPoP\tTOKEN', 'DPoP: PROOF'], malformed],
  [['Authorization: DPoP token="TOKEN"', 'DPoP: PROOF'], malformed],
  [['Authorization: DPoP TOKEN, DPoP TOKEN', 'DPoP: PROOF'], multiple],
  [['Authorization: DPoP TOKEN, Bearer TOKEN', 'DPoP: PROOF'], multiple],
  [['Authorization: Bearer TOKEN, DPoP TOKEN', 'DPoP: PROOF'], multiple],
  [['Authorization: DPoP TOKEN', 'Authorization: DPoP TOKEN', 'DPoP: PROOF'], multiple],
  [['Authorization: Bearer TOKEN', 'Authorization: DPoP TOKEN', 'DPoP: PROOF'], multiple],
  [['Authorization: DPoPs TOKEN', 'DPoP: PROOF'], unauthenticated('unsupported_scheme')],
  [['Authorization: PoP TOKEN', 'DPoP: PROOF'], unauthenticated('unsupported_scheme')],
  [
    ['Authorization: \u0110PoP TOKEN', 'DPoP: PROOF'],
    {
      status: 400,
      reason: 'malformed_credentials',
      error: 'invalid_request',
      scheme: 'both',
    },
  ],
  [['DPoP: PROOF'], noCredentials],
  [['DPoP: TOKEN'], noCredentials],
  [['Proxy-Authorization: DPoP TOKEN', 'DPoP: PROOF'], noCredentials],
  [['X-Forwarded-Authorization: DPoP TOKEN', 'DPoP: PROOF'], noCredentials],
  [['Authorization: DPoP TOKEN', 'DPoP: PROOF\0'], refusedByParser],
]

/** Whole requests. `url` is the address in the proof. */
interface Whole {
  readonly name: string
  readonly line: string
  readonly url?: string
  readonly method?: string
  readonly host?: string
  readonly more?: readonly string[]
  readonly outcome: Outcome
}

const R = `${PUBLIC_URL}/r`

const WHOLE: readonly Whole[] = [
  { name: 'a proof for /r in a request for /r', line: 'GET /r', url: R, outcome: accepted },
  { name: 'a proof for /r in a request for /s', line: 'GET /s', url: R, outcome: invalid },
  { name: 'a proof for /r in a request for /r/s', line: 'GET /r/s', url: R, outcome: invalid },
  { name: 'a proof for /r in a request for /R', line: 'GET /R', url: R, outcome: invalid },
  { name: 'a proof for /r in a request for /r/', line: 'GET /r/', url: R, outcome: invalid },
  { name: 'a proof for /r in a request for //r', line: 'GET //r', url: R, outcome: invalid },
  { name: 'a proof for /r in a request for /%2Fr', line: 'GET /%2Fr', url: R, outcome: invalid },
  { name: 'a proof for /r in a request for /r%2e', line: 'GET /r%2e', url: R, outcome: invalid },
  { name: 'a proof for /r in a request for /r;a=b', line: 'GET /r;a=b', url: R, outcome: invalid },
  {
    name: 'a proof for /r in a request for /r%3Fa',
    line: 'GET /r%3Fa',
    url: R,
    outcome: invalid,
  },
  { name: 'a proof for /r in a request for /r%00', line: 'GET /r%00', url: R, outcome: invalid },
  {
    name: 'a proof for /r in a request for /%72?a=b',
    line: 'GET /%72?a=b',
    url: R,
    outcome: accepted,
  },
  { name: 'a proof for GET in a DELETE request', line: 'DELETE /r', url: R, outcome: invalid },
  {
    name: 'a proof for POST in a GET request',
    line: 'GET /r',
    url: R,
    method: 'POST',
    outcome: invalid,
  },
  {
    name: 'a proof for GET in a POST request with a method override',
    line: 'POST /r',
    url: R,
    more: ['X-HTTP-Method-Override: GET', 'Content-Length: 0'],
    outcome: invalid,
  },
  {
    name: 'a proof for this host, and another host in Host',
    line: 'GET /r',
    url: R,
    host: 'evil.example',
    outcome: accepted,
  },
  {
    name: 'a proof for another host, which is in Host',
    line: 'GET /r',
    url: 'https://evil.example/r',
    host: 'evil.example',
    outcome: invalid,
  },
  {
    name: 'a proof for another host, which is in the request line',
    line: 'GET http://evil.example/r',
    url: 'http://evil.example/r',
    host: 'evil.example',
    outcome: invalid,
  },
  {
    name: 'a proof for this host, and another host in the request line',
    line: 'GET http://evil.example/r',
    url: R,
    host: 'evil.example',
    outcome: accepted,
  },
  ...[
    'X-Forwarded-Host: evil.example',
    'X-Forwarded-Proto: http',
    'X-Original-URL: /s',
    'X-Rewrite-URL: /s',
    'X-Forwarded-Prefix: /s',
    'Forwarded: host=evil.example',
  ].map((line): Whole => ({
    name: `a proof for this address, and ${line}`,
    line: 'GET /r',
    url: R,
    more: [line],
    outcome: accepted,
  })),
  {
    name: 'a proof for the host of X-Forwarded-Host',
    line: 'GET /r',
    url: 'https://evil.example/r',
    more: ['X-Forwarded-Host: evil.example'],
    outcome: invalid,
  },
  {
    name: 'a proof for the path of X-Original-URL',
    line: 'GET /r',
    url: `${PUBLIC_URL}/s`,
    more: ['X-Original-URL: /s'],
    outcome: invalid,
  },
]

/** Second requests with a used proof for `/r`. */
const REPLAYS: readonly (readonly [name: string, line: string, outcome: Outcome])[] = [
  ['the same address', 'GET /r', used],
  ['another query', 'GET /r?again', used],
  ['an encoded letter', 'GET /%72', used],
  ['a dot segment', 'GET /./r', invalid],
  ['a dot segment after another segment', 'GET /a/../r', invalid],
  ['encoded dot segments', 'GET /a/%2e%2E/r', invalid],
  ['an absolute address', 'GET http://127.0.0.1/r', used],
  ['a second slash', 'GET //r', invalid],
  ['a slash at the end', 'GET /r/', invalid],
  ['another path', 'GET /s', invalid],
  ['another method', 'DELETE /r', invalid],
]

function fill(target: Target, lines: readonly string[]): readonly string[] {
  const { token, proof } = createPair(target)
  const values: Readonly<Record<string, string>> = {
    TOKEN: token,
    PROOF: proof,
    OTHER: createPair(target, { token }).proof,
  }
  return lines.map((line) => line.replaceAll(/TOKEN|PROOF|OTHER/g, (name) => values[name]!))
}

/** Creates a request with a proof that was used in an earlier request for `/r`. */
function replay(name: string, line: string, outcome: Outcome, proof: Stolen = {}): Attack {
  let lines: readonly string[] = []
  return {
    name: `a used proof for /r in a request with ${name}`,
    after(target) {
      lines = createLines(target, { url: R, ...proof })
      return [toRequest('GET /r', lines)]
    },
    attack: () => toRequest(line, lines),
    outcome,
    api: 'dpop',
  }
}

/** Proofs that are sent in unusual ways, and valid proofs that are sent again. */
export const DPOP_TRANSPORT: readonly Attack[] = [
  ...LINES.map(([lines, outcome]): Attack => ({
    name: lines.map((line) => JSON.stringify(line.slice(0, 60))).join(', '),
    attack: (target) => fill(target, lines).map((line) => Buffer.from(line).toString('latin1')),
    outcome,
    api: 'dpop',
  })),
  ...WHOLE.map(({ name, line, url, method, host, more = [], outcome }): Attack => ({
    name,
    attack(target) {
      const written = method ?? line.slice(0, line.indexOf(' '))
      const stolen = createLines(target, {
        ...(url !== undefined && { url }),
        method: outcome.status === 200 || method !== undefined ? written : 'GET',
      })
      return toRequest(line, [...stolen, ...more], host)
    },
    outcome,
    api: 'dpop',
  })),
  ...REPLAYS.map(([name, line, outcome]) => replay(name, line, outcome)),
  {
    name: 'a proof in a trailer',
    attack(target) {
      const [authorization, proof] = createLines(target, { method: 'POST' })
      const lines = [authorization!, 'Transfer-Encoding: chunked', 'Trailer: DPoP']
      return toRequest('POST /', lines, '127.0.0.1', `0\r\n${proof}\r\n\r\n`)
    },
    outcome: noProof,
    api: 'dpop',
  },
]
