import {
  accepted,
  anonymous as anonymousCaller,
  type Outcome,
  invalidRequest as refusedAs,
  refusedByParser,
  unauthenticated,
} from '../attacks/attack.ts'
import {
  anonymous,
  bare401,
  invalidRequest,
  invalidToken,
  ok,
  unparsed,
} from '../contract/outcomes.ts'
import { DOT_SEGMENTS_REMOVED } from '../frameworks/dot-segments.ts'
import type { Difference } from '../frameworks/difference.ts'

/** Attacks with a token of more than 525,000 characters. */
const HALF_A_MILLION = [
  'a signed token of 1048576 characters',
  'a kid of 1 MB',
  'a claim of 1 MB',
  'a sub of 1 MB',
  '100,000 audiences',
  'a scope of 1 MB',
  'arrays 200,000 levels deep',
]

/** Attacks with header lines of more than 64 kB. */
const MORE_THAN_64_KB = [
  ...HALF_A_MILLION,
  'a signed token of 65536 characters',
  '10,000 additional claims',
  'a proof whose header has an x5c of 100 kB',
  'a proof whose header has an x5c of 100 kB in the jwk',
]

const withOutcome = (names: readonly string[], outcome: Outcome) =>
  Object.fromEntries(names.map((name) => [name, outcome]))

const acceptsDel = {
  contract: {
    '6750-04: an API leaves a control character to the HTTP parser, which responds with 400: DEL (keys never fetched)':
      invalidRequest('malformed_credentials'),
  },
  attacks: { 'a DEL in the token': refusedAs('malformed_credentials') },
}

const acceptsLineFeed = {
  attacks: { 'a bare line feed after the Authorization line': accepted },
}

const OVERSIZED =
  'an API leaves an oversized header to the HTTP server, which responds with 431: 100000 characters'

/**
 * Every case of the contract and every attack whose outcome in a runtime is not that of Express. Each `reason` names
 * the behavior of the runtime that causes the difference. `differences.test.ts` fails if an entry names no case.
 */
export const DIFFERENCES = {
  workerd: [
    {
      reason: 'workerd removes header lines without a value',
      contract: {
        'an API refuses malformed credentials: an empty header': bare401('no_credentials'),
        '6750-30: an API refuses two Authorization lines: with an empty one': ok(),
        '6750-32: an API refuses malformed credentials behind an optional guard: an empty header':
          anonymous(),
      },
      attacks: {
        'Authorization: ""': unauthenticated('no_credentials'),
        'Authorization: "", behind an optional guard': anonymousCaller,
        'an empty Authorization line and a valid one': accepted,
      },
      // An OPTIONS request without an origin is not a preflight request, so the guard refuses it.
      preflights: { 'an empty origin': 401 },
    },
    { reason: 'workerd accepts a DEL in a header line', ...acceptsDel },
    { reason: 'workerd accepts a line feed as the end of a line', ...acceptsLineFeed },
    {
      reason: 'workerd accepts header lines of 100 kB',
      contract: { [OVERSIZED]: invalidToken('token_too_long') },
    },
    {
      reason: 'workerd responds with 431 to header lines of more than 512 kB',
      attacks: withOutcome(HALF_A_MILLION, { status: 431, reason: null }),
    },
  ],
  deno: [
    { reason: 'Deno accepts a line feed as the end of a line', ...acceptsLineFeed },
    {
      reason: 'Deno responds with 400 to header lines of more than 64 kB',
      contract: { [OVERSIZED]: unparsed(400) },
      attacks: withOutcome(MORE_THAN_64_KB, refusedByParser),
    },
  ],
  bun: [
    DOT_SEGMENTS_REMOVED,
    { reason: 'Bun accepts a DEL in a header line', ...acceptsDel },
    {
      reason: 'Bun reads a trailer as the beginning of another request',
      attacks: {
        'a token in a trailer': { status: 400, reason: null, unsent: 'no_credentials' },
        'a proof in a trailer': { status: 400, reason: null, unsent: 'no_proof' },
      },
    },
    {
      reason: 'the command line of the test has raised the limit of Bun for header lines',
      contract: { [OVERSIZED]: invalidToken('token_too_long') },
    },
  ],
} satisfies Record<string, readonly Difference[]>
